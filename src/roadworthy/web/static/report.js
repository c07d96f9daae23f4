// The report in the frame has no origin and reaches nothing. What it asks for by message is given here: the rows that
// changed, which whoever sees this page may see, and the form of a comment, which nobody but a person sends.

const frame = document.querySelector("iframe.report");
const form = document.getElementById("remark");
const ABOUT = ["change", "plot", "slice", "row"];

function say(text) {
  document.getElementById("notice").textContent = text;
}

function tell(message) {
  frame.contentWindow.postMessage(message, "*"); // of no origin, so none can be named
}

function here() {
  tell({ roadworthy: "here", comments: form !== null, rows: "rows" in frame.dataset });
}

async function rows() {
  try {
    const answer = await fetch(frame.dataset.rows);
    if (!answer.ok) throw new Error(String(answer.status));
    tell({ roadworthy: "rows", document: await answer.json() });
  } catch (fault) {
    say(`The rows did not come (${fault.message}). Load the page again.`);
  }
}

function comment({ about, name, text }) {
  const fields = form.elements;
  fields.about.value = ABOUT.includes(about) ? about : "change";
  fields.name.value = typeof name === "string" ? name.slice(0, 500) : "";
  if (typeof text === "string" && text && !fields.text.value) fields.text.value = text.slice(0, 20000);
  form.scrollIntoView();
  fields.text.focus({ preventScroll: true });
}

if (frame) {
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || typeof event.data !== "object") return;
    const kind = event.data?.roadworthy;
    if (kind === "ready") here();
    if (kind === "rows" && "rows" in frame.dataset) rows();
    if (kind === "comment" && form) comment(event.data);
  });
  here();
}
