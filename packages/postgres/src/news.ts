/** What others are told: whose inbox has come how far, who is erased, and that topics are paused, resumed or blocked otherwise than before. */
export interface News {
  readonly heads?: Iterable<readonly [person: string, head: number]>
  readonly erased?: readonly string[]
  readonly topics?: true
}

/** What others have told. Who is erased was erased before the heads that come with it. */
export interface Heard {
  readonly heads: readonly (readonly [person: string, head: number])[]
  readonly erased: readonly string[]
  readonly topics: boolean
}

/** Nobody keeps more people in mind than this. */
const MOST_PEOPLE = 10_000
/** A payload has less than 8,000 bytes. */
const MOST_BYTES = 7_900

/** News that wait to be told: of each person the latest, of no more than so many. */
export class Gathered {
  readonly #heads = new Map<string, number>()
  readonly #erased = new Set<string>()
  #topics = false

  get isEmpty(): boolean {
    return this.#heads.size + this.#erased.size === 0 && !this.#topics
  }

  add({ heads = [], erased = [], topics }: News): void {
    for (const person of erased) {
      if (this.#erased.size < MOST_PEOPLE) this.#erased.add(person)
      this.#heads.delete(person)
    }
    for (const [person, head] of heads) {
      const known = this.#heads.get(person)
      if (known === undefined ? this.#heads.size < MOST_PEOPLE : known < head) this.#heads.set(person, head)
    }
    if (topics) this.#topics = true
  }

  /** What is here, in the order in which it is to be told. */
  news(): News {
    return { erased: [...this.#erased], heads: this.#heads, ...(this.#topics && { topics: true }) }
  }
}

/** Writes news as payloads; whoever is named too long for one is left out. */
export function pack(id: string, { heads = [], erased = [], topics }: News): readonly string[] {
  const payloads: string[] = []
  const parts = { erased: [] as string[], heads: [] as string[] }
  let rest = topics ? ',"topics":true' : ''
  const empty = write(id, parts, rest).length
  let bytes = empty
  const put = () => {
    payloads.push(write(id, parts, rest))
    parts.erased.length = 0
    parts.heads.length = 0
    rest = ''
    bytes = empty
  }
  const add = (part: string[], text: string) => {
    const size = Buffer.byteLength(text) + 1
    if (empty + size > MOST_BYTES) return
    if (bytes + size > MOST_BYTES) put()
    part.push(text)
    bytes += size
  }
  for (const person of erased) add(parts.erased, JSON.stringify(person))
  for (const [person, head] of heads) add(parts.heads, `${JSON.stringify(person)},${head}`)
  if (bytes > empty || rest !== '') put()
  return payloads
}

const write = (id: string, { erased, heads }: { erased: string[]; heads: string[] }, rest: string): string =>
  `${id} {"erased":[${erased.join()}],"heads":[${heads.join()}]${rest}}`

/** The payload of whoever has just begun to listen. */
export const hello = (id: string): string => `${id} {"hello":true}`

/** Reads a payload of somebody else's: news, or a hello. Undefined for our own, and for whatever nobody of us has written. */
export function unpack(id: string, payload: string): Heard | 'hello' | undefined {
  const at = payload.indexOf(' ')
  if (at === -1 || payload.slice(0, at) === id) return undefined
  const said = parse(payload.slice(at + 1))
  if (typeof said !== 'object' || said === null) return undefined
  if ('hello' in said) return said.hello === true ? 'hello' : undefined
  const erased = 'erased' in said ? said.erased : []
  const heads = pairsOf('heads' in said ? said.heads : [])
  if (heads === undefined || !isTexts(erased)) return undefined
  return { heads, erased, topics: 'topics' in said && said.topics === true }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Person and head in turn, as pairs. */
function pairsOf(value: unknown): Heard['heads'] | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0) return undefined
  const pairs: [string, number][] = []
  for (let at = 0; at < value.length; at += 2) {
    const [person, head]: readonly unknown[] = [value[at], value[at + 1]]
    if (typeof person !== 'string' || typeof head !== 'number' || !Number.isSafeInteger(head) || head < 0)
      return undefined
    pairs.push([person, head])
  }
  return pairs
}
