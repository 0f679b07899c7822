// The latest readings, written wherever the page shows them, and the last minute of each for the charts.

const KEPT = 60_000; // milliseconds
const MOST = 700; // points a sensor: a minute at ten a second, and some

const latest = new Map();
const past = new Map();

/** A number as it is written in the language of the page. Browsers carry no Azerbaijani rules; the page brings them. */
export function numberText(value, digits) {
  const { point = ".", group = "," } = document.getElementById("words")?.dataset ?? {};
  const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
  const shown = whole.replace(/\B(?=(\d{3})+$)/g, group) + (rest ? point + rest : "");
  return value < 0 && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

/** Take in a frame: `{device: {sensor: value}}`. */
export function takeReadings(frame, at = performance.now()) {
  for (const [device, values] of Object.entries(frame)) {
    for (const [sensor, value] of Object.entries(values)) {
      if (typeof value !== "number") continue;
      const key = `${device}.${sensor}`;
      latest.set(key, value);
      const points = past.get(key) ?? [];
      points.push([at, value]);
      while (points.length > MOST || (points.length && points[0][0] < at - KEPT)) points.shift();
      past.set(key, points);
    }
  }
  writeReadings();
}

/** Write every reading that is shown. */
export function writeReadings() {
  for (const span of document.querySelectorAll("[data-reading]")) {
    const value = latest.get(span.dataset.reading);
    const text = value === undefined ? span.textContent || "–" : numberText(value, Number(span.dataset.digits));
    if (span.textContent !== text) span.textContent = text;
  }
}

const asked = new Set();

/** Fetch what was measured before this page was opened, once for each sensor. */
export async function fetchPast(key) {
  if (asked.has(key)) return;
  asked.add(key);
  const dot = key.lastIndexOf(".");
  const answer = await fetch(`/devices/${key.slice(0, dot)}/past/${key.slice(dot + 1)}`).catch(() => null);
  if (!answer?.ok) return;
  const now = performance.now();
  const known = past.get(key) ?? [];
  const before = (await answer.json()).points
    .map(([age, value]) => [now - age * 1000, value])
    .filter(([at]) => !known.length || at < known[0][0]);
  past.set(key, [...before, ...known]);
}

/** The last minute of a sensor: `[milliseconds, value]`, oldest first. */
export const pastOf = (key) => past.get(key) ?? [];
