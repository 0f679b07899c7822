// The last minute of a sensor as a line. Drawn twice a second while it is on the page.

import { fetchPast, numberText, pastOf } from "./numbers.js";

const SPAN = 60_000;
const LEFT = 52;
const RIGHT = 508;
const TOP = 10;
const BOTTOM = 96;
const NICE = [1, 2, 5, 10];

/** Draw every chart of the page anew. */
export function drawCharts() {
  for (const figure of document.querySelectorAll("[data-chart]")) {
    fetchPast(figure.dataset.chart);
    draw(figure, pastOf(figure.dataset.chart));
  }
}

function draw(figure, points) {
  const now = performance.now();
  const [low, high] = range(points.map(([, value]) => value));
  const x = (at) => RIGHT - ((now - at) / SPAN) * (RIGHT - LEFT);
  const y = (value) => BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP);
  const middle = (low + high) / 2;
  const nodes = [
    shape("path", { class: "gr", d: `M${LEFT} ${y(high)}H${RIGHT}M${LEFT} ${y(middle)}H${RIGHT}` }),
    shape("path", { class: "ax", d: `M${LEFT} ${TOP - 6}V${BOTTOM}H${RIGHT}` }),
    text(numberText(high, 0), { class: "e", x: LEFT - 8, y: y(high) + 5 }),
    text(numberText(low, 0), { class: "e", x: LEFT - 8, y: y(low) + 2 }),
    text(figure.dataset.ago, { x: LEFT, y: BOTTOM + 18 }),
    text(figure.dataset.now, { class: "e", x: RIGHT, y: BOTTOM + 18 }),
  ];
  const seen = points.filter(([at]) => at > now - SPAN);
  if (seen.length) {
    const line = seen.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    const [, last] = seen.at(-1);
    line.push(`${RIGHT},${y(last).toFixed(1)}`);
    nodes.push(shape("polyline", { class: "ln", points: line.join(" ") }));
    nodes.push(shape("circle", { class: "pt", cx: RIGHT, cy: y(last), r: 4 }));
  }
  figure.querySelector("svg").replaceChildren(...nodes);
}

/** Round bounds around the values, at least ten apart, so that noise does not fill the picture. */
function range(values) {
  const least = Math.min(0, ...values);
  const most = Math.max(least + 10, ...values);
  const rough = (most - least) / 2;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * NICE.find((nice) => nice * size >= rough);
  const low = Math.floor(least / step) * step;
  return [low, Math.max(low + step, Math.ceil(most / step) * step)];
}

function shape(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function text(words, attributes) {
  const node = shape("text", attributes);
  node.textContent = words;
  return node;
}
