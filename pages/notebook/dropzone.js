// The drop zone in the browser: what is dropped, what is seen; the files go one after another.
// `sending.js` stands before this text, and sends each of them straight to the disk.
//
// Python hands over words, limits and a token; nothing of a file passes through the page's own line.
// What a person named a file is only ever written as text, never as markup.

const MEGABYTE = 1024 * 1024
const SPEED_OVER_MS = 3000

const zones = new WeakMap()

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  if (!zones.has(parentElement)) zones.set(parentElement, new Zone(parentElement))
  const zone = zones.get(parentElement)
  zone.update(data, setTriggerValue)
  return () => {
    zone.leave()
    zones.delete(parentElement)
  }
}

class Zone {
  constructor(parent) {
    const part = name => parent.querySelector(name)
    this.root = part(".zone")
    this.input = part(".files")
    this.pick = part(".pick")
    this.again = part(".again")
    this.cancel = part(".cancel")
    this.bar = part("progress")
    this.write = (name, text) => (part(name).textContent = text)
    this.queue = [] // files still to be sent, the one on its way first
    this.sent = [] // what is whole
    this.job = null // the file on its way
    this.number = 0 // of the next file within the token
    this.listen()
  }

  update(data, trigger) {
    if (this.data && this.data.token !== data.token) this.number = 0
    this.data = data
    this.trigger = trigger
    const words = data.words
    this.write(".label", data.label)
    this.write(".choose", words.choose)
    this.write(".limit", words.limit)
    this.write(".again", words.again)
    this.write(".cancel", words.cancel)
    this.input.accept = data.kinds.map(kind => "." + kind).join(",")
    this.input.multiple = data.multiple
    this.bar.setAttribute("aria-label", words.progress)
    if (this.job) this.show(this.job)
    if (this.fault) this.complain(this.fault)
  }

  listen() {
    this.pick.onclick = () => this.input.click()
    this.input.onchange = () => {
      this.take([...this.input.files])
      this.input.value = "" // so that the same file can be chosen again
    }
    this.cancel.onclick = () => this.stop()
    this.again.onclick = () => this.run()
    this.root.ondragover = event => {
      event.preventDefault()
      this.root.toggleAttribute("data-over", !this.job)
    }
    this.root.ondragleave = event => {
      if (!this.root.contains(event.relatedTarget)) this.root.removeAttribute("data-over")
    }
    this.root.ondrop = event => {
      event.preventDefault()
      this.root.removeAttribute("data-over")
      if (!this.job) this.take([...event.dataTransfer.files])
    }
    this.onhide = () => this.leave()
    window.addEventListener("pagehide", this.onhide)
  }

  // -- what was chosen ------------------------------------------------------------------------

  take(files) {
    this.complain(null)
    const { kinds, most, multiple } = this.data
    if (!files.length) return
    if (files.length > 1 && !multiple) return this.complain({ code: "several" })
    for (const file of files) {
      const kind = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : ""
      if (!kinds.includes(kind)) return this.complain({ code: "kind", name: file.name })
      if (file.size > most) return this.complain({ code: "too_big", name: file.name })
    }
    this.queue = files
    this.run()
    this.cancel.focus()
  }

  // -- sending --------------------------------------------------------------------------------

  async run() {
    this.complain(null)
    while (this.queue.length) {
      const job = (this.job ??= this.begin(this.queue[0]))
      try {
        this.state("sending")
        const id = await job.send()
        if (job.stopped) return
        this.sent.push({ id, name: job.file.name, size: job.file.size })
        this.write(".spoken", this.fill(this.data.words.sent, { name: job.file.name }))
      } catch (fault) {
        if (job.stopped) return
        this.halt(job, fault)
        return
      }
      this.job = null
      this.queue.shift()
    }
    this.finish()
  }

  begin(file) {
    this.write(".spoken", this.fill(this.data.words.sending, { name: file.name }))
    return new Sending(this, file)
  }

  // -- ends -----------------------------------------------------------------------------------

  finish() {
    const sent = this.sent
    this.sent = []
    this.idle()
    if (sent.length) this.trigger("done", sent)
  }

  halt(job, fault) {
    const code = fault.code ?? "connection"
    this.complain({ code, name: job.file.name })
    if (code === "connection" || code === "disk_full" || code === "too_many") this.state("halted")
    else this.stop(true)
  }

  stop(keepFault = false) {
    const job = this.job
    this.queue = []
    this.job = null
    job?.remove()
    if (!keepFault) {
      this.complain(null)
      if (job) this.write(".spoken", this.fill(this.data.words.cancelled, { name: job.file.name }))
    }
    this.finish()
  }

  leave() {
    window.removeEventListener("pagehide", this.onhide)
    this.job?.remove()
    this.job = null
    this.queue = []
  }

  // -- what is seen ---------------------------------------------------------------------------

  state(name) {
    this.root.dataset.state = name
    this.again.hidden = name !== "halted"
  }

  idle() {
    const held = this.root.getRootNode().activeElement === this.cancel
    this.state("idle")
    if (held) this.pick.focus()
  }

  show(job, more = 0) {
    const { file, seen } = job
    const at = Math.min(job.at + more, file.size)
    const now = performance.now()
    seen.push([now, at])
    while (seen.length > 2 && now - seen[0][0] > SPEED_OVER_MS) seen.shift()
    const [then, before] = seen[0]
    const speed = now > then ? Math.max(0, ((at - before) / (now - then)) * 1000) : 0
    this.write(".name", file.name)
    this.bar.value = file.size ? at / file.size : 1
    const facts = { sent: this.megabytes(at), size: this.megabytes(file.size), speed: this.megabytes(speed) }
    this.write(".said", this.fill(this.data.words.said, facts))
  }

  complain(fault) {
    this.fault = fault
    const { words } = this.data
    const facts = fault ? { name: fault.name ?? "", most: this.megabytes(this.data.most) } : {}
    this.write(".fault", fault ? this.fill(words.faults[fault.code] ?? words.faults.connection, facts) : "")
    this.root.querySelector(".fault").hidden = !fault
  }

  megabytes(bytes) {
    const size = bytes / MEGABYTE
    const places = size && size < 10 ? 1 : 0
    return new Intl.NumberFormat(this.data.lang, {
      minimumFractionDigits: places,
      maximumFractionDigits: places,
    }).format(size)
  }

  fill(text, facts) {
    return text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "")
  }
}
