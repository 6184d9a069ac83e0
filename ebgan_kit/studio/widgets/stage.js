// A picture to paint a mask on and to show the eyes of. Gives "apply" with the mask as a PNG after
// each stroke, and "select" with both eyes, in units of the picture, after two clicks.
const COLOUR = [255, 64, 110];
const find = (selector) => element.querySelector(selector);
let tool = paint() ? "brush" : "none";
let eyes = [];
let last = null;

function paint() { return Boolean(find('[data-tool="brush"]')); }

function show() {
  const image = find("img");
  image.onload = () => drawMask(image.naturalWidth, image.naturalHeight);
  image.src = props.value.picture;
}

function drawMask(width, height) {
  const canvas = find("canvas");
  canvas.width = width;
  canvas.height = height;
  drawMarks(props.value.eyes);
  if (!props.value.mask) return;
  const mask = new Image();
  mask.onload = () => {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(mask, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height);
    for (let i = 0; i < pixels.data.length; i += 4) {
      const level = pixels.data[i];
      pixels.data.set([...COLOUR, level], i);
    }
    context.putImageData(pixels, 0, 0);
    element.dataset.shown = Number(element.dataset.shown || 0) + 1;
  };
  mask.src = props.value.mask;
}

// The eyes, and a shade where the model does not look: above the mask, and no part of it.
function drawMarks(eyes) {
  const { width, height } = find("canvas");
  const corners = props.value.square.map(([x, y]) => [x * width, y * height]);
  const marks = find("svg");
  marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
  marks.innerHTML =
    `<path class="unseen" d="M0 0H${width}V${height}H0Z M${corners.join("L")}Z"/>` +
    eyes.map(([x, y]) => `<circle cx="${x * width}" cy="${y * height}" r="${width / 60}"/>`).join("");
}

function place(event) {
  const box = find("canvas").getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function stroke(from, to) {
  const canvas = find("canvas");
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
  context.strokeStyle = `rgb(${COLOUR})`;
  context.lineCap = "round";
  context.lineWidth = (Number(find(".width").value) / 500) * canvas.width;
  context.beginPath();
  context.moveTo(from[0] * canvas.width, from[1] * canvas.height);
  context.lineTo(to[0] * canvas.width, to[1] * canvas.height);
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

function mask() {
  const canvas = find("canvas");
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  const pixels = canvas.getContext("2d").getImageData(0, 0, copy.width, copy.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const level = pixels.data[i + 3];
    pixels.data.set([level, level, level, 255], i);
  }
  context.putImageData(pixels, 0, 0);
  return copy.toDataURL("image/png");
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-tool]");
  if (!button) return;
  tool = button.dataset.tool;
  eyes = [];
  for (const other of element.querySelectorAll("button[data-tool]"))
    other.setAttribute("aria-pressed", String(other === button));
});

element.addEventListener("pointerdown", (event) => {
  if (event.target.tagName !== "CANVAS") return;
  if (tool === "eyes") {
    eyes.push(place(event));
    drawMarks(eyes);
    if (eyes.length === 2) trigger("select", { eyes: eyes.splice(0) });
  } else if (tool !== "none") {
    event.target.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last, last);
  }
});

element.addEventListener("pointermove", (event) => {
  if (!last) return;
  const next = place(event);
  stroke(last, next);
  last = next;
});

for (const end of ["pointerup", "pointercancel"])
  element.addEventListener(end, () => {
    if (!last) return;
    last = null;
    trigger("apply", { mask: mask() });
  });

watch("value", show);
show();
