// Numbers as people write them. A browser's own number input takes no mark but a point: of "12345,67" it makes 1234567, of
// "12.345,67" 12.35, without a word. So these inputs are of text from the moment they stand there (on the way into one it
// would cost the selection, and what is typed would stand before the old number), and what was written is read when one
// leaves it. Three digits behind the only mark are thousands where the reader's language has them so, and of money.
function readNumber(written, group, isMoney) {
  const text = written.replace(/[\s'’_]/g, "").replace(/[−–]/g, "-")
  if (/^[-+]?\d+(\.\d+)?e[-+]?\d+$/i.test(text)) return text
  const plain = text.replace(/\p{Sc}/gu, "").replace(/^[^\d.,+-]+/, "").replace(/[^\d]+$/, "")
  if (!/^[-+]?[\d.,]*\d$/.test(plain)) return ""
  const marks = plain.replace(/[^.,]/g, ""), last = marks.slice(-1)
  const [whole, part] = [plain.slice(0, plain.lastIndexOf(last || "x")), plain.slice(plain.lastIndexOf(last || "x") + 1)]
  const grouped = /^[-+]?\d{1,3}([.,]\d{2,3})*[.,]\d{3}$/
  if (!marks) return plain
  if (marks.length === 1) {
    const isGroup = grouped.test(plain) && !/^[-+]?0/.test(plain) && (last === group || isMoney)
    return isGroup ? whole + part : whole + "." + part
  }
  const others = new Set(marks.slice(0, -1))
  if (others.size > 1) return ""
  if (others.has(last)) return grouped.test(plain) ? plain.replace(/[.,]/g, "") : ""
  return grouped.test(whole) ? whole.replace(/[.,]/g, "") + "." + part : ""
}

function isMoney(input) {
  const code = /(?:\(|, )([A-Z]{3})\)?/.exec(input.getAttribute("aria-label") ?? "")?.[1]
  try {
    return !!code && new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits < 3
  } catch {
    return false
  }
}

function keepNumbers(group) {
  const known = window.rapportNumbers
  window.rapportNumbers = { group }
  if (known) return
  const ours = (event) => event.target.dataset?.testid === "stNumberInputField" && event.target
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set
  const settle = (input) => {
    const read = readNumber(input.value, window.rapportNumbers.group, isMoney(input))
    if (read === input.value) return
    put.call(input, read)
    input.dispatchEvent(new Event("input", { bubbles: true }))
  }
  const make = (input) => {
    if (input.type === "text") return false
    input.type = "text"
    input.inputMode = "decimal"
    input.setAttribute("role", "spinbutton")
    return true
  }
  const all = (place) => place.querySelectorAll?.("[data-testid=stNumberInputField]").forEach(make)
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) all(node)
  }).observe(document.body, { childList: true, subtree: true })
  all(document)
  addEventListener("focusin", (event) => {
    const input = ours(event)
    if (input && make(input)) input.select()
  }, true)
  // Before Streamlit's own ears, which stand further in.
  addEventListener("focusout", (event) => { const input = ours(event); if (input) settle(input) }, true)
  addEventListener("keydown", (event) => {
    const input = ours(event)
    if (input && ["Enter", "ArrowUp", "ArrowDown"].includes(event.key)) settle(input)
  }, true)
}
