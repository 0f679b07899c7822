// One stream of changes for all tabs of a browser: a browser opens six connections to a host, and each tab wants one.
// The tab that holds the lock has the stream and tells the others; a tab that hears nothing opens its own.

const QUIET = 3000; // milliseconds without a word after which the lab is lost: three beats
const LEFT_ALONE = 2200; // after so long without a word a tab that was told by another listens for itself
const AGAIN = 1000; // between two attempts to reach a lab that is lost
const KINDS = ["patch", "frame", "reset", "beat", "deaf", "bye"];

/**
 * Listen to the lab.
 * `hears` has a function for each kind of word: patch(data), frame(data), reset(), beat(data), bye();
 * and lost(), found() and behind(), when words were missed and the page must be fetched anew.
 */
export function listen({ language, cursor, hears }) {
  const name = `labctl-live-${language}`;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  let last = cursor; // the id of the last word that this page has seen
  let source = null;
  let heard = performance.now();
  let lost = false;
  let failures = 0;
  let timer = 0;

  const gone = () => {
    if (lost) return;
    lost = true;
    hears.lost();
  };

  const take = (kind, data, id) => {
    if (kind === "deaf") {
      gone(); // the panel is there, but the lab behind it is not
      return;
    }
    heard = performance.now();
    failures = 0;
    if (lost) {
      lost = false;
      hears.found();
    }
    if (id) {
      const [boot, number] = id.split(".");
      const [seenBoot, seen] = last.split(".");
      if (boot === seenBoot && Number(number) <= Number(seen)) return;
      const missed = boot !== seenBoot || Number(number) > Number(seen) + 1;
      last = id;
      if (kind === "reset" || (missed && !source)) {
        hears.behind();
        return;
      }
    }
    hears[kind]?.(data ? JSON.parse(data) : null);
  };

  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/events?${new URLSearchParams({ language, since: last })}`);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const id = kind === "patch" || kind === "reset" ? event.lastEventId : "";
        take(kind, event.data, id);
        channel?.postMessage({ kind, data: event.data, id });
      });
    }
    source.onerror = () => {
      source.close();
      failures += 1;
      if (failures > 1) hears.refused().catch(gone);
      timer = setTimeout(open, failures > 1 ? AGAIN : 0);
    };
  };

  if (channel) {
    channel.onmessage = ({ data: word }) => {
      if (word.kind === "where" && source) channel.postMessage({ kind: "here", at: last });
      else if (word.kind === "here" && !source && word.at !== last) {
        last = word.at;
        hears.behind();
      } else if (KINDS.includes(word.kind) && !source) take(word.kind, word.data, word.id);
    };
  }
  if (channel && navigator.locks) {
    channel.postMessage({ kind: "where" });
    navigator.locks.request(name, () => {
      if (!source) open();
      return new Promise(() => {}); // until this tab is closed
    });
  } else {
    open();
  }

  setInterval(() => {
    const quiet = performance.now() - heard;
    if (quiet > LEFT_ALONE && !source) open();
    if (quiet > QUIET) gone();
    if (quiet > QUIET + 2 * AGAIN && source && source.readyState === EventSource.OPEN) {
      heard = performance.now() - QUIET; // the line is dead although it looks open: take a new one
      open();
    }
  }, 400);

  return { lose: gone };
}
