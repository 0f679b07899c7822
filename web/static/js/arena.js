// Moves the robots on the floor from pose to pose. Nothing is drawn while nothing moves.

const GLIDE = 140; // milliseconds from one pose to the next: a little more than between two frames
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const robots = new Map(); // device -> {from, to, at, shown}
let drawing = false;

/** Take in a frame: `{device: {pose: [x, y, heading]}}`, in centimetres and degrees. */
export function takePoses(frame) {
  const now = performance.now();
  for (const [device, { pose }] of Object.entries(frame)) {
    if (!pose) continue;
    const known = robots.get(device);
    robots.set(device, { from: known?.shown ?? pose, to: pose, at: now, shown: known?.shown ?? pose });
  }
  if (!drawing && robots.size && document.querySelector("[data-robot]")) {
    drawing = true;
    requestAnimationFrame(draw);
  }
}

/** Put every robot where it was last, after the page has been changed. */
export function placeRobots() {
  for (const [device, robot] of robots) place(device, robot.shown);
}

function draw(now) {
  let moving = false;
  for (const [device, robot] of robots) {
    const share = calm.matches ? 1 : Math.min(1, Math.max(0, (now - robot.at) / GLIDE));
    const next = between(robot.from, robot.to, share);
    if (next.some((value, i) => value !== robot.shown[i]) || share === 1) place(device, next);
    robot.shown = next;
    moving ||= share < 1;
  }
  drawing = moving;
  if (moving) requestAnimationFrame(draw);
}

function between([x, y, heading], [toX, toY, toHeading], share) {
  const turn = ((((toHeading - heading) % 360) + 540) % 360) - 180; // the short way round
  return [x + (toX - x) * share, y + (toY - y) * share, heading + turn * share];
}

function place(device, [x, y, heading]) {
  const group = document.querySelector(`[data-robot="${CSS.escape(device)}"]`);
  if (!group) return;
  group.setAttribute("transform", `translate(${(2 * x).toFixed(1)} ${(2 * y).toFixed(1)}) rotate(${heading.toFixed(1)})`);
  group.querySelector("[data-upright]").setAttribute("transform", `rotate(${(-heading).toFixed(1)})`);
}
