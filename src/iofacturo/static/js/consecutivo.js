// The number that will come out, as one types. Without this script it shows what is saved.
for (const input of document.querySelectorAll("[data-consecutivo]")) {
  const shown = document.querySelector(`output[for=${input.id}]`);
  input.addEventListener("input", () => {
    const digits = input.value.replace(/[\s.,-]/g, "");
    const fits = /^[0-9]{1,10}$/.test(digits) && Number(digits) > 0;
    shown.textContent = fits ? input.dataset.consecutivo + digits.padStart(10, "0") : "—";
  });
}
