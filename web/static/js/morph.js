// Makes a part of the page like a fresh one with as few changes as possible: what has the focus keeps it, a button
// under a finger stays the same button, and what the page itself has written (data-own) is left alone.

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "");

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

/** Change `old` into `fresh` and return what stands in its place. */
export function morph(old, fresh) {
  if (!alike(old, fresh)) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  const own = new Set((old.dataset.own || "").split(" "));
  attributes(old, fresh, own);
  if (!own.has("children")) children(old, fresh);
  return old;
}

function attributes(old, fresh, own) {
  if (old.localName === "details") own.add("open");
  if (old.localName === "input" && (old.name === "csrf" || old === document.activeElement)) own.add("value");
  for (const { name, value } of fresh.attributes) {
    if (!own.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!own.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function children(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (keyOf(child)) keyed.set(keyOf(child), child);
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    const match = key ? keyed.get(key) : at && !keyOf(at) && alike(at, next) ? at : null;
    if (match && alike(match, next)) {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      morph(match, next);
    } else {
      old.insertBefore(next, at);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}
