// A picture to paint two masks on, of what is filled and of what stays, and to show the eyes of and
// the faces. Gives "apply" with a mask as a PNG after each stroke, and "select" with both eyes, in
// units of the picture, after two clicks, or with the number of a face that is clicked.
const COLOURS = { mask: [255, 64, 110], keep: [64, 140, 255] };
const find = (selector) => element.querySelector(selector);
const canvasOf = (layer) => find(`canvas[data-layer="${layer}"]`);
let tool = paint() ? "brush" : "none";
let layer = "mask";
let eyes = [];
let last = null;

function paint() { return Boolean(find('[data-tool="brush"]')); }

function show() {
  if (!props.value.picture) return;
  const image = find("img");
  image.onload = () => {
    find(".paper").classList.remove("waits");
    for (const name of ["keep", "mask"]) drawLayer(name, image.naturalWidth, image.naturalHeight);
    drawMarks(props.value.eyes);
  };
  image.src = props.value.picture;
}

function drawLayer(name, width, height) {
  const canvas = canvasOf(name);
  canvas.width = width;
  canvas.height = height;
  if (!props.value[name]) return;
  const mask = new Image();
  mask.onload = () => {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(mask, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height);
    for (let i = 0; i < pixels.data.length; i += 4) {
      const level = pixels.data[i];
      pixels.data.set([...COLOURS[name], level], i);
    }
    context.putImageData(pixels, 0, 0);
    if (name === "mask") element.dataset.shown = Number(element.dataset.shown || 0) + 1;
  };
  mask.src = props.value[name];
}

// The eyes, the faces' numbers, and a shade where the model does not look: above the masks, and no
// part of them.
function drawMarks(eyes) {
  const { width, height } = canvasOf("mask");
  const corners = props.value.square.map(([x, y]) => [x * width, y * height]);
  const marks = find("svg");
  marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
  marks.innerHTML =
    `<path class="unseen" d="M0 0H${width}V${height}H0Z M${corners.join("L")}Z"/>` +
    eyes.map(([x, y]) => `<circle cx="${x * width}" cy="${y * height}" r="${width / 60}"/>`).join("") +
    props.value.faces.map((box, at) => badge(box, at + 1, width, height)).join("");
}

function badge([left, top, right, bottom], number, width, height) {
  const size = Math.max(width, height) / 28;
  const [x, y] = [left * width, Math.max(0, top * height - size)];
  const box = `x="${x}" y="${top * height}" width="${(right - left) * width}" height="${(bottom - top) * height}"`;
  return (
    `<rect class="face" ${box}/><g class="badge" role="button" tabindex="0" data-face="${number}" aria-label="Face ${number}">` +
    `<rect x="${x}" y="${y}" width="${size}" height="${size}"/>` +
    `<text x="${x + size / 2}" y="${y + 0.8 * size}" font-size="${0.8 * size}">${number}</text></g>`
  );
}

function place(event) {
  const box = canvasOf("mask").getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function stroke(from, to) {
  const canvas = canvasOf(layer);
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
  context.strokeStyle = `rgb(${COLOURS[layer]})`;
  context.lineCap = "round";
  context.lineWidth = (Number(find(".width").value) / 500) * canvas.width;
  context.beginPath();
  context.moveTo(from[0] * canvas.width, from[1] * canvas.height);
  context.lineTo(to[0] * canvas.width, to[1] * canvas.height);
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

function mask() {
  const canvas = canvasOf(layer);
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
  const face = event.target.closest("[data-face]");
  if (face) trigger("select", { face: Number(face.dataset.face) });
  const button = event.target.closest("button[data-tool]");
  if (!button) return;
  tool = button.dataset.tool;
  if (tool === "brush") layer = "mask";
  if (tool === "keep") layer = "keep"; // the eraser goes on with the layer that was painted last
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
    trigger("apply", { mask: mask(), layer });
  });

element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("[data-face]")) event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
});

watch("value", show);
show();
