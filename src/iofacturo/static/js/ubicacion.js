// Province, canton and district: each list shows only what lies in the one above it.
// Values say their whole place ("1", "1-02", "1-02-03"). Without this script all lists are whole.
const [province, canton, district] = ["provincia", "canton", "distrito"].map((level) =>
  document.querySelector(`select[data-ubicacion=${level}]`));
if (province && canton && district) {
  const whole = new Map([canton, district].map((select) => [select, [...select.children].map((child) => child.cloneNode(true))]));
  const narrow = (select, prefix) => {
    const chosen = select.value;
    const kept = whole.get(select).map((child) => child.cloneNode(true)).filter((child) => {
      if (child.tagName === "OPTION") return true;
      for (const option of [...child.children]) if (prefix && !option.value.startsWith(`${prefix}-`)) option.remove();
      return child.children.length > 0;
    });
    select.replaceChildren(...kept);
    select.value = [...select.options].some((option) => option.value === chosen) ? chosen : "";
  };
  const follow = () => {
    narrow(canton, province.value);
    narrow(district, canton.value || province.value);
  };
  province.addEventListener("change", follow);
  canton.addEventListener("change", () => {
    if (canton.value) province.value = canton.value.split("-")[0];
    follow();
  });
  district.addEventListener("change", () => {
    if (!district.value) return;
    const [p, c] = district.value.split("-");
    province.value = p;
    narrow(canton, p);
    canton.value = `${p}-${c}`;
  });
  follow();
}
