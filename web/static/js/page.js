// Keeps this page as the lab says: parts that were drawn anew, the whole page fetched anew, another view of it.

import { placeRobots } from "./arena.js";
import { drawCharts } from "./chart.js";
import { morph } from "./morph.js";
import { writeReadings } from "./numbers.js";
import { tellTimes } from "./time.js";

const PATIENCE = 4000; // milliseconds that a page may take
const PRESS = 1000; // who holds longer than this is not pressing a button

let waiting = {}; // parts that were drawn anew while a finger was down
let pressed = 0; // the timer of that press

/** Put parts in the place of those with the same ids, as soon as no finger is down: nothing may move under it. */
export function putParts(parts) {
  Object.assign(waiting, parts);
  if (!pressed) putWaiting();
}

addEventListener("pointerdown", () => {
  clearTimeout(pressed);
  pressed = setTimeout(letGo, PRESS);
}, true);
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => setTimeout(letGo), true); // after the click that it makes
}

function letGo() {
  clearTimeout(pressed);
  pressed = 0;
  putWaiting();
}

function putWaiting() {
  const parts = waiting;
  waiting = {};
  if (Object.keys(parts).length) put(parts);
}

/** What this page does not show is left out. */
function put(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const old = document.getElementById(id);
    if (!old) continue;
    const shell = document.createElement("template");
    // a row is only a row inside a table
    shell.innerHTML = html.startsWith("<tr") ? `<table><tbody>${html}</tbody></table>` : html;
    const fresh = shell.content.querySelector(`#${CSS.escape(id)}`);
    if (fresh) morph(old, fresh);
  }
  settle();
}

/** Fetch this page anew. Rejects where the lab does not answer. */
export async function refresh() {
  await showAnswer(await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }));
}

/** Go to another view of this page without leaving it. */
export async function visit(url, { keep = true } = {}) {
  const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (keep && answer.ok) history.pushState({}, "", url);
  await showAnswer(answer);
}

/** Show what the lab answered: this page as it is now, another page, or what went wrong. */
export async function showAnswer(answer) {
  const to = new URL(answer.url);
  if (answer.ok && to.pathname !== location.pathname) {
    location.assign(to);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok) {
    sayFailed(fresh.getElementById("notice"));
    return;
  }
  document.title = fresh.title;
  for (const name of ["lang", "data-theme"]) {
    const value = fresh.documentElement.getAttribute(name);
    if (value === null) document.documentElement.removeAttribute(name);
    else document.documentElement.setAttribute(name, value);
  }
  morph(document.body, fresh.body);
  settle();
}

/** Say what went wrong, at the top of the page; without words from the lab, in our own. */
export function sayFailed(notice) {
  const place = document.getElementById("notice");
  place.replaceChildren(...(notice ?? document.getElementById("failed-notice").content.cloneNode(true)).childNodes);
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

/** After any change of the page: fill in what only the page knows. */
export function settle() {
  for (const field of document.querySelectorAll('input[name="csrf"][value=""]')) {
    field.value = document.body.dataset.csrf;
  }
  const open = document.getElementById("panel")?.dataset.team;
  for (const link of document.querySelectorAll(".mx .who")) {
    if (open && new URL(link.href).searchParams.get("team") === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  writeReadings();
  placeRobots();
  tellTimes();
  drawCharts();
}
