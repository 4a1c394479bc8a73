/** What an input is instead of an event, as the end of a sentence ("is compressed (gzip)"), and what to do about it. */
export interface Foreign {
  readonly what: string
  readonly remedy: string
}

const frame =
  'Serialize the value as plain JSON, with a serializer of texts or bytes and not with that of a schema registry.'
const compressed =
  'Send the JSON itself. Kafka compresses its batches (compression.type); over HTTP, a compressed body needs the header content-encoding.'
const utf8 = 'Send JSON in UTF-8.'
const binary = 'Serialize the value as JSON text in UTF-8.'
const printed =
  'Write the value with a serializer of JSON, such as JSON.stringify, json.dumps or ObjectMapper: text that an object prints of itself is not JSON.'

/** The first bytes, in hexadecimal, of what is sent instead of JSON. */
const SIGNATURES: readonly (readonly [begin: string, what: string, remedy: string])[] = [
  ['1f8b', 'is compressed (gzip)', compressed],
  ['28b52ffd', 'is compressed (Zstandard)', compressed],
  ['04224d18', 'is compressed (LZ4)', compressed],
  ['82534e41505059', 'is compressed (Snappy)', compressed],
  ['7801', 'is compressed (zlib)', compressed],
  ['789c', 'is compressed (zlib)', compressed],
  ['78da', 'is compressed (zlib)', compressed],
  ['425a68', 'is compressed (bzip2)', compressed],
  ['504b0304', 'is an archive (zip)', compressed],
  ['0000feff', 'is in UTF-32', utf8],
  ['fffe0000', 'is in UTF-32', utf8],
  ['feff', 'is in UTF-16', utf8],
  ['fffe', 'is in UTF-16', utf8],
  ['7b00', 'is in UTF-16', utf8],
  ['5b00', 'is in UTF-16', utf8],
  ['2200', 'is in UTF-16', utf8],
  ['007b00', 'is in UTF-16', utf8],
  ['005b00', 'is in UTF-16', utf8],
  ['002200', 'is in UTF-16', utf8],
  ['4f626a01', 'is a file of Avro', binary],
  ['aced0005', 'is a serialized object of Java', binary],
  ['3a290a', 'is in Smile', binary],
  ['d9d9f7', 'is in CBOR', binary],
]

/** The beginnings of texts that are sent instead of JSON. */
const TEXTS: readonly (readonly [begin: RegExp, what: string, remedy: string])[] = [
  [/^<[?!a-z]/i, 'is XML or HTML', 'Send the event as JSON.'],
  [
    /^(?:\[object \w+\]|b['"]|[[{]\s*'|[[{]\s*[a-z_]\w*\s*[:=]|[A-Z]\w*[([{]\w+=)/i,
    'is an object that was printed as text',
    printed,
  ],
  [
    /^(?:ey[JA]|ew[o0]|W3s|WyJ|H4sI)[\w+/=-]{6,}\s*$/,
    'is in Base64',
    'Send the JSON itself as the value. Only data_base64 of an event in structured mode is Base64.',
  ],
  [/^eyJ[\w-]*\.[\w-]+\.[\w-]*\s*$/, 'is a signed token (JWT)', 'Send the JSON itself as the value.'],
  [
    /^[\w.%+[\]-]+=(?!=?\s*$)[^\s{}]*(?:&|$)/,
    'is a form (application/x-www-form-urlencoded)',
    'Send the event as JSON.',
  ],
]

const MAX_BYTES_READ = 256

/** What bytes that are not JSON are, as far as their beginning shows it. */
export function foreignBytes(value: Uint8Array | string): Foreign | undefined {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value.slice(0, MAX_BYTES_READ)) : value
  const begin = bytes.subarray(0, MAX_BYTES_READ)
  const hex = Array.from(begin.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const [, what, remedy] = SIGNATURES.find(([signature]) => hex.startsWith(signature)) ?? []
  if (what !== undefined && remedy !== undefined) return { what, remedy }
  return frameOf(begin) ?? foreignText(new TextDecoder().decode(begin).trimStart())
}

/** What no text has: control characters that are not white space. JSON that has them in its strings begins as JSON does. */
const CONTROL = /[^\P{Cc}\s]/u

function foreignText(text: string): Foreign | undefined {
  const [, what, remedy] = TEXTS.find(([begin]) => begin.test(text)) ?? []
  if (what !== undefined && remedy !== undefined) return { what, remedy }
  return CONTROL.test(text) && !/^[[{"]/.test(text)
    ? { what: 'is binary data (such as Protobuf, Avro or MessagePack)', remedy: binary }
    : undefined
}

/** The frame of a schema registry: a zero byte and the id of a schema in four bytes, or in eight; Glue's has a version and a UUID. */
function frameOf(bytes: Uint8Array): Foreign | undefined {
  const beginsJson = (at: number) => /^\s*[[{"]/.test(new TextDecoder().decode(bytes.subarray(at)))
  const [version, compression] = bytes
  if (version === 3 && (compression === 0 || compression === 5) && bytes.length > 18)
    return { what: `begins with the frame of a schema registry (Glue)${followedBy(beginsJson(18))}`, remedy: frame }
  if (version !== 0 || bytes.length < 5) return undefined
  const schemaAt = (at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
  const isLong = bytes.length > 9 && schemaAt(1) === 0
  const schema = schemaAt(isLong ? 5 : 1)
  if (schema === 0) return undefined
  const what = `begins with the frame of a schema registry (a zero byte and schema ${schema})`
  return { what: `${what}${followedBy(beginsJson(isLong ? 9 : 5))}`, remedy: frame }
}

const followedBy = (isJson: boolean): string =>
  isJson ? ', followed by JSON' : ', followed by what is not JSON (such as Avro or Protobuf)'
