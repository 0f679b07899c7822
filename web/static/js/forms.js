// Every act is a form that works without us; here it is sent without leaving the page.

import { sayFailed, showAnswer } from "./page.js";

const STOP_TRIES = 3; // stopping twice is stopping once
const PATIENCE = 130_000; // a self-test answers when it is done
const STOP_PATIENCE = 5000;

/** Send forms from here on; `lost` is called when the lab cannot be reached. */
export function sendForms(lost) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-plain") || form.getAttribute("method") !== "post") return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    if (form.hasAttribute("data-stop")) stop(form, button, lost);
    else if (button?.getAttribute("aria-busy") !== "true") act(form, button, lost);
  });
}

async function act(form, button, lost) {
  if (form.hasAttribute("data-theme-switch")) form.elements.theme.value = isDark() ? "light" : "dark";
  const release = busy(button);
  try {
    const answer = await post(form, button, PATIENCE);
    release();
    await showAnswer(answer);
  } catch (error) {
    release();
    if (error instanceof TypeError) lost();
    sayFailed();
  }
}

/** Stop at once, whatever else is under way. */
async function stop(form, button, lost) {
  const release = busy(button);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await post(form, button, STOP_PATIENCE);
      release();
      await showAnswer(answer);
      return;
    } catch {
      if (attempt < STOP_TRIES) continue;
      release();
      lost();
      return;
    }
  }
}

function post(form, button, patience) {
  const fields = new FormData(form);
  if (button?.name) fields.set(button.name, button.value);
  return fetch(form.getAttribute("action"), {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "X-CSRF": document.body.dataset.csrf },
    keepalive: true,
    signal: AbortSignal.timeout(patience),
  });
}

function busy(button) {
  if (!button) return () => {};
  button.setAttribute("aria-busy", "true");
  const words = button.dataset.busy ? [...button.childNodes] : null;
  if (words) button.replaceChildren(button.dataset.busy);
  return () => {
    button.removeAttribute("aria-busy");
    if (words) button.replaceChildren(...words);
  };
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
