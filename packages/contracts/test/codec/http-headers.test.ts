import { describe, expect, it } from 'vitest'
import { allContracts, type Contract, decodeHttp, type HttpEvent } from '../../src/index.ts'

const contracts: ReadonlyMap<string, Contract> = new Map(allContracts.map((contract) => [contract.type, contract]))
const options = { acceptedAt: '2026-05-01T08:00:00Z', maxBatch: 10 }
const whole = { 'ce-specversion': '1.0', 'ce-type': 'user.deleted', 'ce-source': '/s', 'ce-id': '1' }
const body = '{"userId":"u1"}'
const decode = (headers: HttpEvent['headers']) =>
  decodeHttp({ headers: { ...whole, 'content-type': 'application/json', ...headers }, body }, contracts, options)
const idOf = (id: string) => {
  const answer = decode({ 'ce-id': id })
  return answer.ok ? answer.events[0]?.event.id : answer.error.sentence
}
/** A text as Node shows its bytes in UTF-8. */
const raw = (text: string) => Buffer.from(text).toString('latin1')

describe('a header of HTTP', () => {
  it.each([
    ['plain', 'b1:created', 'b1:created'],
    ['percent-encoded', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['percent-encoded in lower case', '%e2%82%ac', '€'],
    ['percent-encoded without need', '%62%31', 'b1'],
    ['encoded twice is decoded once', '%2541', '%41'],
    ['in quotes', '"b 1"', 'b 1'],
    ['in quotes with escapes', '"a \\"b\\" \\\\c \\d"', 'a "b" \\c d'],
    ['in quotes, and percent-encoded', '"%E2%82%AC"', '€'],
    ['with a quote that does not begin it', '5" disk', '5" disk'],
    ['empty in quotes is empty', '""', 'user.deleted: id is "", expected 1 to 256 characters'],
    ['in raw UTF-8', raw('bü€😀'), 'bü€😀'],
    ['in raw UTF-8 and quotes', raw('"bü"'), 'bü'],
    ['in Latin-1, as fetch and the clients of Python write it', 'b\u00fcro', 'büro'],
    ['with U+FEFF', raw('\ufeffb'), '\ufeffb'],
    ['as text already', '€', '€'],
  ])('%s', (_how, header, id) => {
    expect(idOf(header)).toBe(id)
  })

  it.each([
    ['a lone percent sign', '100%'],
    ['a percent sign and one digit', 'a%2'],
    ['no hexadecimal digits', '%zz'],
    ['an overlong encoding', '%C0%A0'],
    ['half of a surrogate pair', '%ED%A0%80'],
    ['an encoding that is cut off', '%E2%82'],
  ])('with %s is refused', (_what, header) => {
    expect(idOf(header)).toBe(
      `user.deleted: ce-id is "${header}", which is not percent-encoded UTF-8 (the percent sign itself is %25)`,
    )
  })

  it.each([
    ['a character of two bytes without its second', 'b\u00c3\u009f\u00c3'],
    ['a character of three bytes without its last', 'b\u00e2\u0082'],
    ['a lone byte of a longer character', 'b\u0080'],
  ])('that is neither UTF-8 nor Latin-1 is refused: %s', (_what, header) => {
    expect(idOf(header)).toMatch(/^user\.deleted: ce-id is "b.*", whose bytes are neither UTF-8 nor Latin-1$/)
  })

  it.each(['"', '"b', '"b"c"', '"b\\"'])('with quotes that do not end it is refused: %s', (header) => {
    expect(idOf(header)).toBe(
      `user.deleted: ce-id is ${JSON.stringify(header)}, which begins with a quote and does not end with it`,
    )
  })

  it('that comes several times is refused, of an extension too', () => {
    const answer = decode({ 'ce-id': ['1', '1'], 'ce-shop': ['a', 'b', 'c'] })
    expect(!answer.ok && answer.error.problems).toEqual([
      { path: '/ce-id', message: 'comes 2 times, expected once' },
      { path: '/ce-shop', message: 'comes 3 times, expected once' },
    ])
    expect(decode({ 'ce-id': ['1'], accept: ['a', 'b'] }).ok).toBe(true)
  })

  it('is found in any case of its name', () => {
    const headers = Object.fromEntries(Object.entries(whole).map(([name, value]) => [name.toUpperCase(), value]))
    expect(
      decodeHttp({ headers: { ...headers, 'CONTENT-TYPE': 'application/json' }, body }, contracts, options).ok,
    ).toBe(true)
  })
})
