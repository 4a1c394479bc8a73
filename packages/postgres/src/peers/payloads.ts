import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { postgresLimits } from '../limits.ts'
import type { PeerUpdate } from './pending-updates.ts'

/** The content of a payload, with people by their hashes. */
export interface PayloadContent {
  readonly heads: readonly (readonly [hash: string, head: number])[]
  readonly erased: readonly string[]
  readonly topics: boolean
}

/** Writes and reads what instances send to one another. */
export interface Payloads {
  /** How a person is named in payloads. */
  hashOf(person: string): string
  pack(update: PeerUpdate): readonly string[]
  /** The payload of an instance that has just begun to listen. */
  hello(): string
  /** Reads a payload of another instance; undefined for one of this instance, for one that was read before, and for a forged one. */
  unpack(payload: string): PayloadContent | 'hello' | undefined
}

/** Postgres takes payloads of less than 8,000 bytes. */
const MAX_PAYLOAD_BYTES = 7_900
/** The begin, the seal and the names of the parts take less than this. */
const ENVELOPE_BYTES = 200
const PERSON_HASH_BYTES = 12
const SEAL_BYTES = 16
const SEALED = /^([\w-]{1,32} \d{1,15}) ([\w-]{22}) (.*)$/s

/**
 * Makes the payloads of the instance `id`. Every role that may connect to the database receives what is sent in it, and may send anything.
 * So people are named by hashes, and each payload has a number and a seal, both with the salt of the store: `id number seal json`.
 */
export function createPayloads(id: string, salt: string): Payloads {
  let last = 0
  /** The latest number that was read, by instance. */
  const read = new Map<string, number>()
  const sealOf = (text: string): Buffer =>
    createHmac('sha256', salt).update(`news ${text}`).digest().subarray(0, SEAL_BYTES)
  const sealed = (json: string): string => {
    const begin = `${id} ${++last}`
    return `${begin} ${sealOf(`${begin} ${json}`).toString('base64url')} ${json}`
  }
  const hashOf = (person: string): string =>
    hash('sha256', `${salt} person ${person}`, 'buffer').subarray(0, PERSON_HASH_BYTES).toString('base64url')

  return {
    hashOf,
    pack(update) {
      const payloads: string[] = []
      for (const json of jsonOf(update, hashOf)) payloads.push(sealed(json))
      return payloads
    },
    hello: () => sealed('{"hello":true}'),
    unpack(payload) {
      const [, begin = '', seal = '', json = ''] = SEALED.exec(payload) ?? []
      const [from = '', number] = begin.split(' ')
      if (from === id || Number(number) <= (read.get(from) ?? 0)) return undefined
      const given = Buffer.from(seal, 'base64url')
      if (given.length !== SEAL_BYTES || !timingSafeEqual(given, sealOf(`${begin} ${json}`))) return undefined
      read.delete(from)
      read.set(from, Number(number))
      const [oldest = ''] = read.keys()
      if (read.size > postgresLimits.REMEMBERED_INSTANCES.most) read.delete(oldest)
      return contentOf(json)
    },
  }
}

/** An update as texts of JSON, each of which fits into a payload. */
function* jsonOf({ heads = [], erased = [], topics }: PeerUpdate, hashOf: Payloads['hashOf']): Generator<string> {
  const parts = { erased: [] as string[], heads: [] as string[] }
  let rest = topics ? ',"topics":true' : ''
  let bytes = 0
  const put = () => {
    const json = `{"erased":[${parts.erased.join()}],"heads":[${parts.heads.join()}]${rest}}`
    parts.erased.length = 0
    parts.heads.length = 0
    rest = ''
    bytes = 0
    return json
  }
  const texts = function* (): Generator<readonly [keyof typeof parts, string]> {
    for (const person of erased) yield ['erased', `"${hashOf(person)}"`]
    for (const [person, head] of heads) yield ['heads', `"${hashOf(person)}",${head}`]
  }
  for (const [part, text] of texts()) {
    if (bytes + text.length + 1 > MAX_PAYLOAD_BYTES - ENVELOPE_BYTES) yield put()
    parts[part].push(text)
    bytes += text.length + 1
  }
  if (bytes > 0 || rest !== '') yield put()
}

function contentOf(json: string): PayloadContent | 'hello' | undefined {
  const content = parse(json)
  if (typeof content !== 'object' || content === null) return undefined
  if ('hello' in content) return content.hello === true ? 'hello' : undefined
  const erased = 'erased' in content ? content.erased : []
  const heads = pairsOf('heads' in content ? content.heads : [])
  if (heads === undefined || !isTexts(erased)) return undefined
  return { heads, erased, topics: 'topics' in content && content.topics === true }
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

/** Hash and head in turn, as pairs. */
function pairsOf(value: unknown): PayloadContent['heads'] | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0) return undefined
  const pairs: [string, number][] = []
  for (let at = 0; at < value.length; at += 2) {
    const [name, head]: readonly unknown[] = [value[at], value[at + 1]]
    if (typeof name !== 'string' || typeof head !== 'number' || !Number.isSafeInteger(head) || head < 0)
      return undefined
    pairs.push([name, head])
  }
  return pairs
}
