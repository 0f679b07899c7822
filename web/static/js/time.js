// Times that pass: how long something has lasted, the minutes to the bell, the ruler. By the lab's clock, not ours.

const MINUTE = 60_000;
let ahead = 0; // how far the lab's clock is ahead of this computer's, in milliseconds

/** The lab's time now, in milliseconds. */
export const labNow = () => Date.now() + ahead;

/** The lab told its time. */
export function setLabTime(ms) {
  if (Number.isFinite(ms) && ms > 0) ahead = ms - Date.now();
}

const words = () => document.getElementById("words")?.dataset ?? {};

/** A length of time as people say it. */
export function minutesText(count) {
  const { min = "{m}", hour = "{h} {m}" } = words();
  return count < 60 ? min.replace("{m}", count) : hour.replace("{h}", Math.floor(count / 60)).replace("{m}", count % 60);
}

/** The time of the day in the lab, whatever zone this computer believes in. */
export function clockText(ms, seconds = false) {
  const there = new Date(ms + Number(document.body.dataset.zone || 0) * MINUTE);
  return there.toISOString().slice(11, seconds ? 19 : 16);
}

/** Bring every time on the page up to date. */
export function tellTimes() {
  const now = labNow();
  for (const age of document.querySelectorAll("[data-age]")) {
    const passed = Math.floor((now - Date.parse(age.dateTime)) / MINUTE);
    write(age, passed < 1 ? words().now : minutesText(passed));
  }
  const bell = document.querySelector("[data-bell]");
  if (bell) ring(bell, now);
  const ruler = document.querySelector("[data-ruler]");
  if (ruler) measure(ruler, now);
}

function ring(bell, now) {
  const left = Math.ceil((Date.parse(bell.dataset.bell) - now) / MINUTE);
  write(bell.firstElementChild, minutesText(Math.abs(left)));
  write(bell.lastElementChild, left < 0 ? bell.dataset.after : bell.dataset.before);
}

function measure(ruler, now) {
  const starts = Date.parse(ruler.dataset.starts);
  const share = Math.min(1, Math.max(0, (now - starts) / (Date.parse(ruler.dataset.ends) - starts)));
  const at = `${(100 * share).toFixed(3)}%`;
  ruler.querySelector(".past").setAttribute("width", at);
  ruler.querySelector(".now").setAttribute("x", at);
  const label = ruler.querySelector("[data-now]");
  label.setAttribute("x", at);
  label.setAttribute("class", `k hide-s ${share < 0.03 ? "" : share > 0.97 ? "e" : "m"}`);
  write(label, clockText(now));
  const wide = ruler.clientWidth || 1;
  const labelWide = label.getBoundingClientRect().width;
  for (const text of ruler.querySelectorAll("text.k:not([data-now])")) {
    const away = Math.abs(parseFloat(text.getAttribute("x")) / 100 - share) * wide;
    const room = labelWide ? labelWide * (text.classList.contains("m") ? 1.15 : 1.7) : 0;
    text.setAttribute("visibility", away < room ? "hidden" : "visible");
  }
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
