// "/" puts the cursor into the scan box, unless somebody is typing elsewhere.
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
  const box = document.getElementById("scan-box");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && box) {
    event.preventDefault();
    box.focus();
  }
});
