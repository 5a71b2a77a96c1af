// A «No» from somebody unknown waits for its proof of work, then goes by itself. Whatever keeps the
// widget from finishing, the form still goes: the server says what is missing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const widget = form.querySelector("altcha-widget");
  if (!widget?.getState || !form.querySelector("#util-no:checked")) return;
  if (["verified", "error"].includes(widget.getState())) return;
  event.preventDefault();
  if (form.dataset.waiting !== undefined) return;
  form.dataset.waiting = "";
  widget.addEventListener("statechange", function done({ detail }) {
    if (!["verified", "error"].includes(detail.state)) return;
    widget.removeEventListener("statechange", done);
    delete form.dataset.waiting;
    requestAnimationFrame(() => form.requestSubmit()); // once the answer stands in its field
  });
  if (widget.getState() !== "verifying") widget.verify();
});
