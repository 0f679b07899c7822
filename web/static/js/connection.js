// What the page says when the lab cannot be heard: at once, in the corner too, and until it is back.

import { clockText, labNow } from "./time.js";

const PRESSED = ["main", ".nav", ".banner.stopped"]
  .flatMap((place) => [`${place} button:not(:disabled)`, `${place} a.btn`])
  .join();

let lostAt = 0; // when the lab was heard last, by its own clock; 0 while it is heard
let corner = null;

/** Whether the lab is lost now. */
export const isLost = () => lostAt > 0;

/** Say that the lab was last heard at `heard` (milliseconds, its own clock). */
export function sayLost(heard) {
  if (isLost()) return;
  lostAt = heard;
  const banner = document.getElementById("lost-banner").content.cloneNode(true);
  banner.querySelector("[data-lost-at]").textContent = clockText(heard, true);
  document.getElementById("lost").replaceChildren(banner);
  document.getElementById("main").classList.add("stale");
  const button = document.querySelector(".corner");
  if (button) {
    corner = [...button.childNodes].map((node) => node.cloneNode(true));
    button.replaceChildren(document.getElementById("lost-corner").content.cloneNode(true));
    button.classList.add("gone");
    button.removeAttribute("aria-busy"); // it may still be pressed: stop is always tried
  }
  for (const one of document.querySelectorAll(PRESSED)) {
    if (one.localName === "a") one.setAttribute("aria-disabled", "true");
    else one.disabled = true;
    one.dataset.lost = "";
  }
  sayHowLong();
}

/** How long it has been lost, each second; not read aloud each time. */
export function sayHowLong() {
  const place = document.querySelector("[data-lost-for]");
  if (!place) return;
  const seconds = Math.max(0, Math.round((labNow() - lostAt) / 1000));
  place.textContent = `: ${document.getElementById("words").dataset.seconds.replace("{s}", seconds)}`;
}

/** The lab is heard again. */
export function sayFound() {
  if (!isLost()) return;
  lostAt = 0;
  document.getElementById("lost").replaceChildren();
  document.getElementById("main").classList.remove("stale");
  const button = document.querySelector(".corner");
  if (button && corner) {
    button.replaceChildren(...corner);
    button.classList.remove("gone");
  }
  for (const one of document.querySelectorAll("[data-lost]")) {
    if (one.localName === "a") one.removeAttribute("aria-disabled");
    else one.disabled = false;
    delete one.dataset.lost;
  }
}
