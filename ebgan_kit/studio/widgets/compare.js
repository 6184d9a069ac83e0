const find = (selector) => element.querySelector(selector);

function show() {
  if (!props.value.after) return;
  find(".compare").classList.remove("waits");
  find(".before").src = props.value.before;
  find(".after").src = props.value.after;
  element.dataset.edits = props.value.number;
}

element.addEventListener("input", (event) => {
  find(".compare").style.setProperty("--x", `${event.target.value}%`);
});

watch("value", show);
show();
