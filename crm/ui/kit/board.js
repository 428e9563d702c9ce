// The board in the browser. `data` is the server's truth, `ops` are moves it has not confirmed; the screen shows
// both together. Text goes in by textContent only. Drawn elements are kept by card id, so focus and drags survive.

const SLOW_MS = 1000
const boards = new WeakMap()
const parked = new Map() // moves of a board that left the page before the server confirmed them

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".board")
  let board = boards.get(root)
  if (!board) boards.set(root, (board = new Board(root)))
  board.send = setStateValue
  board.take(data)
  return () => { board.leave(); boards.delete(root) }
}

const nonce = () => crypto.getRandomValues(new Uint32Array(3)).join("-")
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all)

function make(tag, className, parent, attributes = {}) {
  const made = document.createElement(tag)
  made.className = className
  if (tag === "button") made.type = "button"
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  parent?.append(made)
  return made
}

// Bring a parent's children into the wanted order with the fewest moves: whoever leaves is skipped, not shuffled.
function arrange(parent, wanted) {
  const keep = new Set(wanted)
  for (const child of [...parent.children]) if (!keep.has(child) && !child.dataset.id) child.remove()
  let here = parent.firstElementChild
  for (const child of wanted) {
    while (here && !keep.has(here)) here = here.nextElementSibling
    if (child === here) here = here.nextElementSibling
    else parent.insertBefore(child, here)
  }
}

// The server's columns with the unconfirmed moves applied, and their sums corrected by just that difference.
function project(data, ops) {
  const columns = data.columns.map(column => ({ ...column, cards: [...column.cards] }))
  for (const op of ops) {
    const from = columns.find(column => column.cards.some(card => card.id === op.id))
    const to = columns.find(column => column.id === op.to)
    if (!from || !to) continue
    const old = from.cards.findIndex(card => card.id === op.id)
    const card = from === to ? from.cards[old] : carry(from.cards[old], from, to, data.currency)
    from.cards.splice(old, 1)
    const place = op.before == null ? -1 : to.cards.findIndex(other => other.id === op.before)
    to.cards.splice(place < 0 ? to.cards.length : place, 0, card)
  }
  return columns
}

function chance(column) {
  return column.kind === "won" ? 1 : column.kind === "lost" ? 0 : column.probability
}

function carry(card, from, to, currency) {
  const before = chance(from), after = chance(to)
  const worth = (card.currency ?? currency) === currency ? card.amount
    : before > 0 ? Math.round(card.weighted / before) : null // a foreign amount: only its weighted part is known
  const weighted = worth == null || after == null ? card.weighted : Math.round(worth * after)
  from.count -= 1
  from.total -= worth ?? 0
  from.weighted -= card.weighted
  to.count += 1
  to.total += worth ?? 0
  to.weighted += weighted
  return { ...card, weighted }
}

class Board {
  ops = []; notes = new Map(); noted = new Map(); versions = new Map(); els = new Map(); cols = new Map()

  constructor(root) {
    this.root = root
    this.keys = make("p", "hidden", root, { id: "keys" })
    this.notice = make("p", "notice", root, { role: "alert" })
    this.strip = make("div", "strip", root, { role: "group" })
    this.live = make("p", "hidden", root, { "aria-live": "polite" })
    this.hand = new Hand(this)
  }

  leave() {
    this.hand.leave()
    clearTimeout(this.slow)
    if (this.pending()) parked.set(this.data.session, this.ops)
    this.root.replaceChildren()
  }

  // ---- truth and wishes

  take(data) {
    if (this.hand.drag) { this.waiting = data; return } // never redraw under the hand
    this.waiting = null
    this.ops.unshift(...(parked.get(data.session) ?? []))
    parked.delete(data.session)
    const restarted = this.data && data.session !== this.data.session
    const done = new Set(data.done), refused = new Set()
    this.data = data
    const cards = new Map(data.columns.flatMap(column => column.cards.map(card => [card.id, { card, column }])))
    // What a card was refused is settled by a later change of it.
    for (const [id, version] of this.noted) if (cards.get(id)?.card.version > version) this.notes.delete(id)
    for (const op of this.ops) {
      if (!done.has(op.op) || op.done) continue
      op.done = true
      this.versions.set(op.id, op.version + 1) // each saved move raises the version by one
      if (!(op.op in data.refused)) continue
      refused.add(op.id)
      op.refused = true
      this.notes.set(op.id, data.refused[op.op])
      this.noted.set(op.id, cards.get(op.id)?.card.version ?? op.version)
      this.say("not_moved", { title: this.title(op.id), message: data.refused[op.op] })
    }
    // A saved move stays drawn until the columns show it: they may have been read before it was saved.
    const over = op => op.done && (op.refused || !cards.has(op.id) || cards.get(op.id).card.version > op.version)
    // What a card did after a refused move rests on that move, so it is given up with it.
    this.ops = this.ops.filter(op => !over(op) && !(op.wait && refused.has(op.id)))
    let changed = restarted && this.ops.some(op => !op.done)
    for (const op of this.ops) {
      op.session = data.session
      if (!op.wait || this.ops.find(other => other.id === op.id && !other.done) !== op) continue
      const known = cards.get(op.id)
      const seen = known && !this.ops.some(other => other.id === op.id && other.done)
      op.version = seen ? known.card.version : this.versions.get(op.id)
      op.from = seen ? known.column.id : op.from
      op.wait = false
      changed = true
    }
    this.draw()
    if (changed) this.post()
  }

  post() {
    this.send("outbox", this.ops.filter(op => !op.wait && !op.done))
  }

  move(id, to, before = null) {
    const { card, column } = this.find(id)
    if (!card) return
    if (card.fixed) return this.say("fixed", card)
    if (column.id === to && !this.data.reorder) return
    const earlier = this.ops.filter(op => op.id === id)
    const wait = earlier.some(op => !op.done) // its first move makes the version this one must name
    const version = earlier.length ? this.versions.get(id) ?? card.version : card.version
    this.ops.push({ op: nonce(), session: this.data.session, id, from: column.id, to, before, version, wait })
    this.notes.delete(id)
    this.draw()
    if (!wait) this.post()
    this.say("moved", { title: card.title, column: this.columns.find(c => c.id === to).title })
  }

  find(id) {
    for (const column of this.columns) {
      const card = column.cards.find(other => other.id === id)
      if (card) return { card, column }
    }
    return {}
  }

  pending() { return this.ops.some(op => !op.done) }

  title(id) { return this.els.get(id)?.title.textContent ?? "" }

  say(label, values) { this.live.textContent = fill(this.data.labels[label], values) }

  open(id) {
    if (this.data.open) this.send("open", { id, nonce: nonce(), session: this.data.session })
  }

  showMore(column) { this.send("more", { column, nonce: nonce(), session: this.data.session }) }

  forgive(id) {
    this.notes.delete(id)
    this.draw()
  }

  // ---- drawing

  draw() {
    const { labels } = this.data
    const focus = this.root.getRootNode().activeElement
    this.columns = project(this.data, this.ops)
    this.keys.textContent = labels.keys
    this.strip.setAttribute("aria-label", labels.board)
    const shown = new Set()
    const pending = new Set(this.ops.filter(op => !op.done).map(op => op.id))
    arrange(this.strip, this.columns.map(column => this.columnOf(column).el))
    for (const column of this.columns) {
      const { list } = this.cols.get(column.id)
      arrange(list, column.cards.map(card => {
        shown.add(card.id)
        return this.cardOf(card, pending.has(card.id))
      }))
    }
    for (const [id, { el }] of this.els) if (!shown.has(id)) { el.remove(); this.els.delete(id) }
    const names = new Set(this.columns.map(column => column.id))
    for (const [id, { el }] of this.cols) if (!names.has(id)) { el.remove(); this.cols.delete(id) }
    if (!shown.has(this.current)) this.current = this.columns.find(c => c.cards.length)?.cards[0].id
    this.rove(this.current)
    this.hand.placeMenu()
    if (focus?.isConnected && this.root.contains(focus)) focus.focus({ preventScroll: true })
    const stray = [...this.notes].filter(([id]) => !shown.has(id)).map(([, message]) => message)
    this.notice.textContent = stray.join(" ")
    clearTimeout(this.slow)
    this.root.classList.remove("slow")
    if (pending.size) this.slow = setTimeout(() => this.root.classList.add("slow"), SLOW_MS)
  }

  // One card at a time is a tab stop; the arrows go on from there.
  rove(id) {
    this.current = id
    for (const [other, { title, dots }] of this.els) title.tabIndex = dots.tabIndex = other === id ? 0 : -1
  }

  columnOf(column) {
    const { labels } = this.data
    let made = this.cols.get(column.id)
    if (!made) {
      const el = make("section", "column", null, { "data-column": column.id })
      const head = make("h4", "head", el)
      made = { el, name: make("span", "name", head), count: make("span", "count", head) }
      made.chance = make("span", "chance", head)
      made.sums = make("p", "sums", el)
      made.list = make("ol", "cards", el, { role: "list" })
      made.empty = make("p", "empty", el)
      made.more = make("button", "more", el)
      this.cols.set(column.id, made)
    }
    const left = column.count - column.cards.length
    made.el.setAttribute("aria-label", fill(labels.column, { column: column.title, n: column.count }))
    made.name.textContent = made.name.title = column.title
    made.count.textContent = column.count
    const open = column.kind === "open" && column.probability != null
    const percent = open && this.number({ style: "percent" }).format(column.probability)
    made.chance.textContent = open ? fill(labels.chance, { percent }) : ""
    const weighted = fill(labels.weighted, { money: this.money(column.weighted) })
    const sums = this.money(column.total) + (column.kind === "open" ? ` · ${weighted}` : "")
    made.sums.textContent = this.data.currency ? sums : "" // cards that are worth no money have no sums
    made.sums.title = this.money(column.total, undefined, true)
    made.empty.textContent = column.count > 0 ? "" : labels.empty
    made.more.textContent = left > 0 ? fill(labels.more, { n: left }) : ""
    made.more.disabled = !this.data.more
    return made
  }

  cardOf(card, pending) {
    const { labels } = this.data
    const note = this.notes.get(card.id) ?? ""
    const sign = JSON.stringify([card, note, labels.menu, this.data.locale, this.data.currency])
    let made = this.els.get(card.id)
    if (!made) {
      const el = make("li", "card", null, { "data-id": card.id })
      made = { el, title: make("button", "title", el, { "aria-describedby": "keys" }) }
      made.dots = make("button", "dots", el, { "aria-haspopup": "menu" })
      made.subtitle = make("p", "subtitle", el)
      const facts = make("p", "facts", el)
      made.amount = make("span", "amount", facts)
      made.rest = make("span", "rest", facts)
      made.owner = make("span", "rest", facts)
      made.flag = make("p", "badge", el)
      made.note = make("p", "note", el)
      made.text = make("span", "", made.note)
      made.dismiss = make("button", "dismiss", made.note)
      this.els.set(card.id, made)
    }
    made.el.classList.toggle("pending", pending)
    if (made.sign === sign) return made.el
    made.sign = sign
    made.el.classList.toggle("fixed", Boolean(card.fixed))
    made.title.textContent = card.title ?? ""
    made.dots.title = labels.menu
    made.dots.setAttribute("aria-label", `${labels.menu}: ${card.title}`)
    made.subtitle.textContent = card.subtitle ?? ""
    made.amount.textContent = card.amount == null ? ""
      : this.money(card.amount, card.currency) + (card.beside ? ` + ${card.beside}` : "")
    made.amount.title = card.amount == null ? "" : this.money(card.amount, card.currency, true)
    made.rest.textContent = card.due ?? ""
    made.owner.textContent = card.initials ?? ""
    made.owner.title = card.owner ?? ""
    made.flag.textContent = card.flag ?? ""
    made.flag.dataset.tone = card.tone ?? ""
    made.text.textContent = note
    made.note.hidden = !note
    made.dismiss.title = labels.dismiss
    made.dismiss.setAttribute("aria-label", labels.dismiss)
    return made.el
  }

  number(options) { return new Intl.NumberFormat(this.data.locale, options) }

  money(minor, currency = this.data.currency, full = false) {
    if (!currency) return ""
    const currencyDisplay = currency === this.data.currency ? "narrowSymbol" : "symbol"
    const style = { style: "currency", currency, currencyDisplay }
    const digits = this.number(style).resolvedOptions().maximumFractionDigits
    const parts = this.number(full ? style : { ...style, notation: "compact" }).formatToParts(minor / 10 ** digits)
    return parts.map(part => part.type === "compact" && part.value === "K" ? "k" : part.value).join("")
  }
}
