// The page, alive: what the lab tells is shown, what is pressed is sent, and what is not known any more is said.

import { takePoses } from "./arena.js";
import { drawCharts } from "./chart.js";
import { sayFound, sayHowLong, sayLost } from "./connection.js";
import { sendForms } from "./forms.js";
import { listen } from "./live.js";
import { takeReadings } from "./numbers.js";
import { putParts, refresh, settle, visit } from "./page.js";
import { labNow, setLabTime, tellTimes } from "./time.js";

let heard = labNow();

const live = listen({
  language: document.documentElement.lang,
  cursor: document.body.dataset.cursor,
  hears: {
    patch: ({ parts }) => putParts(parts),
    frame: (frame) => {
      heard = labNow();
      takePoses(frame);
      takeReadings(frame);
    },
    beat: (time) => {
      setLabTime(time);
      heard = labNow();
    },
    bye: () => location.reload(),
    behind: () => refresh().catch(() => live.lose()),
    refused: refresh, // no stream, but perhaps a page: we may have been signed out
    lost: () => sayLost(heard),
    found: () => {
      sayFound();
      refresh().catch(() => live.lose());
    },
  },
});

sendForms(() => live.lose());

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link?.getAttribute("aria-disabled") === "true") event.preventDefault();
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || to.pathname !== location.pathname || to.search === location.search) return;
  event.preventDefault();
  visit(to)
    .then(() => document.getElementById(to.hash.slice(1))?.scrollIntoView({ block: "nearest" }))
    .catch(() => live.lose());
});
addEventListener("popstate", () => visit(location.href, { keep: false }).catch(() => live.lose()));
addEventListener("pageshow", (event) => event.persisted && refresh().catch(() => live.lose()));

setInterval(() => {
  sayHowLong();
  drawCharts();
}, 500);
setInterval(tellTimes, 5000);
settle();
