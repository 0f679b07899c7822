// The latest readings, written wherever the page shows them, and the last minute of each for the charts.

const KEPT = 60_000; // milliseconds
const MOST = 700; // points a sensor: a minute at ten a second, and some

const latest = new Map();
const past = new Map();
const formats = new Map();

/** A number as it is written in the language of the page. */
export function numberText(value, digits) {
  const key = `${document.documentElement.lang}${digits}`;
  if (!formats.has(key)) {
    const exact = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(key, new Intl.NumberFormat(document.documentElement.lang, exact));
  }
  return formats.get(key).format(Object.is(value, -0) || Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value);
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

/** The last minute of a sensor: `[milliseconds, value]`, oldest first. */
export const pastOf = (key) => past.get(key) ?? [];
