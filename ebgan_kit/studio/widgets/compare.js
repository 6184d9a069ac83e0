const find = (selector) => element.querySelector(selector);

function show() {
  find(".before").src = props.value.before;
  find(".after").src = props.value.after;
  element.dataset.edits = props.value.number;
}

element.addEventListener("input", (event) => {
  find(".compare").style.setProperty("--x", `${event.target.value}%`);
});

watch("value", show);
show();
