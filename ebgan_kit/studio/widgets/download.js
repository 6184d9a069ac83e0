// Hands over a file that is nowhere on the server.
watch("value", () => {
  if (!props.value.url) return;
  const link = document.createElement("a");
  link.href = props.value.url;
  link.download = props.value.name;
  link.click();
});
