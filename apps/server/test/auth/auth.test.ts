import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BelfryError } from '@belfry/contracts/errors'
import { userCreated } from '@belfry/contracts/user'
import { CompactSign, exportJWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { selfSigned } from '../self-signed.ts'
import { serveKeys } from '../serve-keys.ts'
import { begunFolder, openSocket, startBelfry, temporaryFolder } from '../start-belfry.ts'

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const pemOf = (key: KeyObject) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString()

/** A token of somebody, who may send events; an hour long unless its claims say otherwise. */
const signed = (key: KeyObject | Uint8Array, header: JWTHeaderParameters, claims: object = {}) => {
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  return new SignJWT({ sub: 'u1', exp, ...claims }).setProtectedHeader(header).sign(key)
}
const SECRET = 'a secret of tests that is long enough, and varied'
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A Belfry of this `auth` section, with a folder of its own. */
async function belfryWith(auth: Readonly<Record<string, string>>, clock?: () => number) {
  const folder = await begunFolder()
  const env = Object.fromEntries(
    Object.entries(auth).map(([key, value]) => [`NOTIFICATION_SERVICE__AUTH__${key.toUpperCase()}`, value]),
  )
  const app = await startBelfry({ folder: folder.path, env, ...(clock && { clock }) }).catch(async (error: unknown) => {
    await folder[Symbol.asyncDispose]()
    throw error
  })
  /** Reads the inbox with this token; answers the status, and the code where it is a problem. */
  const read = async (token: string): Promise<readonly [number, string?]> => {
    const response = await fetch(`${app.url}/v1/notifications`, { headers: { authorization: `Bearer ${token}` } })
    const { code }: { code?: string } = JSON.parse(await response.text())
    return code === undefined ? [response.status] : [response.status, code]
  }
  return {
    url: app.url,
    lines: app.lines,
    belfry: app.belfry,
    read,
    async [Symbol.asyncDispose]() {
      await app.belfry.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A Belfry that verifies with the public key of this pair. */
async function belfryOf(publicKey: KeyObject, more: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'key.pem')
  await writeFile(file, pemOf(publicKey))
  const app = await belfryWith({ public_key_file: file, ...more })
  await folder[Symbol.asyncDispose]()
  return app
}

const ok = [200]
const invalid = [401, 'TOKEN_INVALID']

describe('a public key', () => {
  it.each([
    ['RSA', rsa, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['P-256', () => ec('P-256'), ['ES256']],
    ['P-384', () => ec('P-384'), ['ES384']],
    ['Ed25519', () => generateKeyPairSync('ed25519'), ['EdDSA', 'Ed25519']],
  ])(
    'of the kind %s verifies what its private key has signed, and nothing of another',
    async (_kind, pair, algorithms) => {
      const [ours, theirs] = [pair(), pair()]
      await using app = await belfryOf(ours.publicKey)
      for (const alg of algorithms) {
        expect(await app.read(await signed(ours.privateKey, { alg }))).toEqual(ok)
        expect(await app.read(await signed(theirs.privateKey, { alg }))).toEqual(invalid)
      }
    },
  )

  it('may come as a certificate', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'certificate.pem')
    const pair = rsa()
    await writeFile(file, selfSigned(pair))
    await using app = await belfryWith({ public_key_file: file })
    expect(await app.read(await signed(pair.privateKey, { alg: 'RS256' }))).toEqual(ok)
  })

  it('is never taken for a secret, and a token without a signature is not valid', async () => {
    const { publicKey } = rsa()
    await using app = await belfryOf(publicKey)
    const claims = { sub: 'u1', exp: Math.floor(Date.now() / 1_000) + 3_600 }
    const forged = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
    for (const secret of [pemOf(publicKey), pemOf(publicKey).trim(), publicKey.export({ format: 'der', type: 'spki' })])
      expect(await app.read(`${forged}.${createHmac('sha256', secret).update(forged).digest('base64url')}`)).toEqual(
        invalid,
      )
    for (const alg of ['none', 'None', 'NONE', ''])
      expect(await app.read(`${part({ alg })}.${part(claims)}.`)).toEqual(invalid)
  })

  it.each<[what: string, text: () => string | undefined, sentence: RegExp]>([
    ['is not there', () => undefined, /which cannot be read: there is no such file$/],
    ['is empty', () => '', /which holds no PEM, expected one public key or certificate$/],
    ['is no PEM', () => JSON.stringify({ kty: 'RSA' }), /which holds no PEM, expected/],
    ['is broken', () => '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /which holds no public key/],
    ['is private', () => pemOf(rsa().privateKey), /which holds a private key, expected only the public one$/],
    ['is private too', () => pemOf(rsa().publicKey) + pemOf(rsa().privateKey), /which holds a private key/],
    ['is two', () => pemOf(rsa().publicKey) + pemOf(rsa().publicKey), /which holds 2 PEM blocks, expected one/],
    ['is too short', () => pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey), /at least 2048 bits/],
    ['is of another curve', () => pemOf(ec('secp256k1').publicKey), /of a kind that is not possible here/],
  ])('that %s is a sentence at start, and nothing is started', async (_what, text, sentence) => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'key.pem')
    const pem = text()
    if (pem !== undefined) await writeFile(file, pem)
    const refused = await belfryWith({ public_key_file: file }).catch((error: unknown) => error)
    if (!(refused instanceof BelfryError)) throw refused
    expect([refused.code, refused.problems[0]?.path]).toEqual([
      'CONFIG_INVALID',
      'notification_service.auth.public_key_file',
    ])
    expect(refused.sentence).toMatch(sentence)
    expect(refused.sentence).not.toContain('PRIVATE KEY--')
  })
})

describe('a token', () => {
  it('needs an end, a beginning that has come, the issuer and the audience, and 30 seconds are forgiven', async () => {
    const { publicKey, privateKey } = ec('P-256')
    await using app = await belfryOf(publicKey, { issuer: 'https://login.example.com', audience: 'belfry' })
    const good = { iss: 'https://login.example.com', aud: ['other', 'belfry'] }
    const now = Math.floor(Date.now() / 1_000)
    const read = async (claims: object) => app.read(await signed(privateKey, { alg: 'ES256' }, { ...good, ...claims }))
    expect(await read({})).toEqual(ok)
    expect(await read({ aud: 'belfry' })).toEqual(ok)
    expect(await read({ nbf: now + 20, exp: now + 60 })).toEqual(ok)
    expect(await read({ exp: now - 20 })).toEqual(ok)
    expect(await read({ exp: now - 40 })).toEqual([401, 'TOKEN_EXPIRED'])
    for (const wrong of [
      { exp: undefined },
      { exp: 'tomorrow' },
      { nbf: now + 120 },
      { iss: undefined },
      { iss: 'https://evil.example' },
      { iss: ['https://login.example.com'] },
      { aud: undefined },
      { aud: 'belfry2' },
      { aud: [] },
      { sub: undefined },
      { sub: ['u1'] },
      { sub: '..' },
    ])
      expect([wrong, await read(wrong)]).toEqual([wrong, invalid])
  })

  it('is refused where it expires in more than a year or never, or comes from the future', async () => {
    const { publicKey, privateKey } = ec('P-256')
    const seconds = 2_000_000_000
    const file = { public_key_file: '' }
    await using folder = await temporaryFolder()
    file.public_key_file = join(folder.path, 'key.pem')
    await writeFile(file.public_key_file, pemOf(publicKey))
    await using app = await belfryWith(file, () => seconds * 1_000)
    /** A token of these claims, as JSON has them: numbers too that JavaScript would not write. */
    const read = async (claims: string) => {
      const payload = new TextEncoder().encode(`{"sub":"u1",${claims}}`)
      return app.read(await new CompactSign(payload).setProtectedHeader({ alg: 'ES256' }).sign(privateKey))
    }
    const [year, soon] = [365 * 86_400, `"exp":${seconds + 60}`]
    expect(await read(`"exp":${seconds + year}`)).toEqual(ok)
    expect(await read(`${soon},"iat":${seconds + 60}`)).toEqual(ok)
    expect(await read(`${soon},"iat":0`)).toEqual(ok)
    for (const claims of [
      ...[
        `"exp":${seconds + year + 31}`,
        '"exp":99999999999',
        '"exp":1e308',
        '"exp":1e400',
        '"exp":null',
        '"exp":"1e9"',
      ],
      ...[`${soon},"iat":${seconds + 61}`, `${soon},"iat":1e400`, `${soon},"iat":-1e400`, `${soon},"iat":"0"`],
      ...[`${soon},"nbf":${seconds + 31}`, `${soon},"nbf":1e400`, `${soon},"nbf":"0"`],
    ])
      expect([claims, await read(claims)]).toEqual([claims, invalid])
    const { socket, closed } = openSocket(app.url, await signed(privateKey, { alg: 'ES256' }, { exp: 1e308 }))
    expect(await closed).toBe(4001)
    socket.close()
  })

  it('is refused with an extension that is critical, and inside another token', async () => {
    const { publicKey, privateKey } = ec('P-256')
    await using app = await belfryOf(publicKey)
    const header = { alg: 'ES256', crit: ['urn:x'], 'urn:x': true }
    const critical = new SignJWT({ sub: 'u1', exp: Math.floor(Date.now() / 1_000) + 3_600 })
      .setProtectedHeader(header)
      .sign(privateKey, { crit: { 'urn:x': true } })
    expect(await app.read(await critical)).toEqual(invalid)

    const { CompactEncrypt } = await import('jose')
    const inner = new TextEncoder().encode(await signed(privateKey, { alg: 'ES256' }))
    const nested = new CompactSign(inner).setProtectedHeader({ alg: 'ES256', cty: 'JWT' }).sign(privateKey)
    expect(await app.read(await nested)).toEqual(invalid)
    const encrypted = new CompactEncrypt(inner)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(publicKey)
    expect(await app.read(await encrypted)).toEqual(invalid)
  })

  it('names the person and the scopes in the claims that are configured, scopes as a text or as a list', async () => {
    const { publicKey, privateKey } = ec('P-256')
    await using app = await belfryOf(publicKey, { person_claim: 'employee', scope_claim: 'https://example.com/rights' })
    const send = async (rights: unknown, claims: object = { employee: 'e1', sub: 7 }) => {
      const token = await signed(privateKey, { alg: 'ES256' }, { 'https://example.com/rights': rights, ...claims })
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents-batch+json' }
      return (await fetch(`${app.url}/v1/events`, { method: 'POST', headers, body: '[]' })).status
    }
    expect(await send('ops events:write')).toBe(202)
    expect(await send(['ops', 'events:write'])).toBe(202)
    for (const none of [
      '',
      'events:writer',
      [],
      ['events:write', 7],
      ['ops events:write'],
      { 'events:write': true },
      7,
    ])
      expect([none, await send(none)]).toEqual([none, 403])
    expect(await send('events:write', {})).toBe(401)
  })

  it('names a person by a whole number too, digit by digit as the token has it, and the events of that person reach them', async () => {
    await using app = await belfryWith({ secret: SECRET, person_claim: 'sub' })
    const token = (payload: string) => {
      const exp = Math.floor(Date.now() / 1_000) + 3_600.5
      const begin = `${part({ alg: 'HS256' })}.${Buffer.from(`{"exp":${exp},"scope":"events:write",${payload}}`).toString('base64url')}`
      return `${begin}.${createHmac('sha256', SECRET).update(begin).digest('base64url')}`
    }
    for (const [payload, person] of [
      ['"sub":9007199254740993', '9007199254740993'],
      ['"sub":170179604494299500012345678901234567890', '170179604494299500012345678901234567890'],
      ['"sub":0', '0'],
      ['"sub":-7', '-7'],
      ['"sub":"00042"', '00042'],
    ] as const) {
      const sent = await fetch(`${app.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token('"sub":1')}`, 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(
          userCreated.create({
            source: '/test',
            id: person,
            data: { userId: person, name: 'A', email: 'a@example.com', roles: [] },
          }),
        ),
      })
      expect(sent.status).toBe(202)
      const read = async () => {
        const headers = { authorization: `Bearer ${token(payload)}` }
        const { items = [] }: { items?: readonly unknown[] } = JSON.parse(
          await (await fetch(`${app.url}/v1/notifications`, { headers })).text(),
        )
        return items.length
      }
      await expect.poll(read, { timeout: 5_000 }).toBe(1)
    }
    for (const wrong of ['1e3', '1.5', '1.0', '-0', '1E400', 'true', 'null', '""', '[1]', '{"id":1}'])
      expect([wrong, await app.read(token(`"sub":${wrong}`))]).toEqual([wrong, invalid])
    // A claim of the same number twice: the last one counts, in both readings.
    expect(await app.read(token('"sub":{},"sub":9007199254740993'))).toEqual(ok)
  })

  it('has its claims by their exact names first, and then with dots as a path', async () => {
    const { publicKey, privateKey } = ec('P-256')
    await using app = await belfryOf(publicKey, { person_claim: 'user.id', scope_claim: 'resource.a.b.roles' })
    const send = async (claims: object) => {
      const token = await signed(privateKey, { alg: 'ES256' }, claims)
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents-batch+json' }
      return (await fetch(`${app.url}/v1/events`, { method: 'POST', headers, body: '[]' })).status
    }
    const roles = ['events:write']
    const user = { id: 12 }
    expect(await send({ user, 'resource.a.b.roles': 'events:write' })).toBe(202)
    expect(await send({ user, resource: { a: { b: { roles } } } })).toBe(202)
    expect(await send({ user, resource: { 'a.b': { roles } } })).toBe(202)
    expect(await send({ user, 'resource.a': { b: { roles } } })).toBe(202)
    expect(
      await send({ 'user.id': 'u1', user: null, 'resource.a.b.roles': null, resource: { 'a.b.roles': roles } }),
    ).toBe(202)
    expect(await send({ user, 'resource.a.b.roles': 'ops', resource: { a: { b: { roles } } } })).toBe(403)
    expect(await send({ user, resource: [{ a: { b: { roles } } }] })).toBe(403)
    expect(await send({ user: 'u1', resource: { a: { b: { roles } } } })).toBe(401)
    expect(await send({ user: { name: 'id' } })).toBe(401)
    await using odd = await belfryOf(publicKey, { person_claim: 'constructor.name' })
    expect(await odd.read(await signed(privateKey, { alg: 'ES256' }))).toEqual(invalid)
  })

  it('may be signed with either of two secrets, by HS256 alone, and with no private key in place of one', async () => {
    const secretOf = (name: string) => `a secret of at least 32 characters: the ${name} one`
    const [fresh, old, wrong] = ['fresh', 'old', 'wrong'].map((name) => new TextEncoder().encode(secretOf(name)))
    await using app = await belfryWith({ secrets: `${secretOf('fresh')},${secretOf('old')}` })
    if (!fresh || !old || !wrong) throw new Error('there are three')
    expect(await app.read(await signed(fresh, { alg: 'HS256' }))).toEqual(ok)
    expect(await app.read(await signed(old, { alg: 'HS256' }))).toEqual(ok)
    expect(await app.read(await signed(wrong, { alg: 'HS256' }))).toEqual(invalid)
    expect(await app.read(await signed(rsa().privateKey, { alg: 'RS256' }))).toEqual(invalid)
    for (const alg of ['HS384', 'HS512']) expect(await app.read(await signed(fresh, { alg }))).toEqual(invalid)
  })
})

describe('keys that are fetched', () => {
  const jwk = async (kid: string, { publicKey }: { publicKey: KeyObject }, more: object = {}) => ({
    ...(await exportJWK(publicKey)),
    kid,
    use: 'sig',
    ...more,
  })

  it('verify, are fetched once for all requests, and again for a key that is not known, but not at once', async () => {
    const [first, second, third] = [rsa(), ec('P-256'), generateKeyPairSync('ed25519')]
    await using served = await serveKeys({ keys: [await jwk('1', first)] })
    let now = Date.now()
    await using app = await belfryWith({ jwks_url: served.url }, () => now)
    const ofFirst = await signed(first.privateKey, { alg: 'RS256', kid: '1' })
    const ofSecond = await signed(second.privateKey, { alg: 'ES256', kid: '2' })
    expect(await Promise.all(Array.from({ length: 20 }, () => app.read(ofFirst)))).toEqual(Array(20).fill(ok))
    expect(served.count()).toBe(1)

    served.answer({ keys: [await jwk('2', second), await jwk('3', third)] })
    expect(await Promise.all(Array.from({ length: 20 }, () => app.read(ofSecond)))).toEqual(Array(20).fill(invalid))
    expect(served.count()).toBe(1)
    now += 30_000
    expect(await Promise.all(Array.from({ length: 20 }, () => app.read(ofSecond)))).toEqual(Array(20).fill(ok))
    expect(await app.read(await signed(third.privateKey, { alg: 'EdDSA', kid: '3' }))).toEqual(ok)
    expect(served.count()).toBe(2)
    // The first was taken back.
    expect(await app.read(ofFirst)).toEqual(invalid)
  })

  it('are looked at again when they are old, so that a key that was taken back ends', async () => {
    const [first, second] = [rsa(), rsa()]
    await using served = await serveKeys({ keys: [await jwk('1', first), await jwk('2', second)] })
    let now = Date.now()
    await using app = await belfryWith({ jwks_url: served.url }, () => now)
    const token = await signed(first.privateKey, { alg: 'RS256', kid: '1' })
    expect(await app.read(token)).toEqual(ok)
    served.answer({ keys: [await jwk('2', second)] })
    now += 600_000
    expect(await app.read(token)).toEqual(ok)
    await expect.poll(served.count).toBe(2)
    // What was verified is remembered for half a minute.
    now += 30_000
    await expect.poll(() => app.read(token)).toEqual(invalid)
  })

  it('go on while they cannot be fetched, and what is not known then is 503, and 1012 for sockets', async () => {
    const [first, second] = [rsa(), rsa()]
    await using served = await serveKeys({ keys: [await jwk('1', first)] })
    let now = Date.now()
    await using app = await belfryWith({ jwks_url: served.url }, () => now)
    const ofFirst = () => signed(first.privateKey, { alg: 'RS256', kid: '1' }, { exp: Math.floor(now / 1_000) + 60 })
    const ofSecond = () => signed(second.privateKey, { alg: 'RS256', kid: '2' }, { exp: Math.floor(now / 1_000) + 60 })
    expect(await app.read(await ofFirst())).toEqual(ok)
    served.answer(undefined)
    now += 86_400_000
    expect(await app.read(await ofSecond())).toEqual([503, 'KEYS_UNAVAILABLE'])
    expect(await app.read(await ofFirst())).toEqual(ok)
    const { frames, socket, closed } = openSocket(app.url, await ofFirst())
    await expect.poll(() => frames.length).toBe(1)
    socket.send(JSON.stringify({ type: 'auth', token: await ofSecond() }))
    expect(await closed).toBe(1012)

    served.answer({ keys: [await jwk('2', second)] })
    now += 1_000
    expect(await app.read(await ofSecond())).toEqual(ok)
  })

  it.each<[what: string, answer: unknown]>([
    ['are away', undefined],
    ['are no JSON', '<html>'],
    ['are no key set', { key: [] }],
  ])(
    'and %s from the beginning: 503 with the time of the next try, 1012 for sockets, one fetch at a time',
    async (_what, answer) => {
      const pair = rsa()
      await using served = await serveKeys(answer)
      let now = Date.now()
      await using app = await belfryWith({ jwks_url: served.url }, () => now)
      const token = await signed(pair.privateKey, { alg: 'RS256', kid: '1' })
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${app.url}/v1/notifications`, { headers })
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
      expect(await response.json()).toMatchObject({ status: 503, code: 'KEYS_UNAVAILABLE' })
      const events = await fetch(`${app.url}/v1/stream`, { headers: { ...headers, accept: 'text/event-stream' } })
      expect(events.status).toBe(503)
      await events.body?.cancel()
      expect(await openSocket(app.url, token).closed).toBe(1012)
      // What can never be good makes nobody fetch, and is said.
      expect(await app.read(`${part({ alg: 'none' })}.${part({})}.`)).toEqual(invalid)
      expect(await openSocket(app.url, 'nonsense').closed).toBe(4001)
      expect(served.count()).toBe(1)
      served.answer({ keys: [await jwk('1', pair)] })
      now += 1_000
      expect(await app.read(token)).toEqual(ok)
      expect(app.lines.join('')).toContain('the keys that tokens are verified with could not be fetched')
    },
  )

  it('are tried in turn where the token names none, and shared secrets among them verify nothing', async () => {
    const [first, second, foreign] = [rsa(), rsa(), rsa()]
    const secret = new TextEncoder().encode('s'.repeat(32))
    const k = Buffer.from(secret).toString('base64url')
    await using served = await serveKeys({
      keys: [await jwk('1', first), await jwk('2', second), { kty: 'oct', kid: 's', alg: 'HS256', k }],
    })
    await using app = await belfryWith({ jwks_url: served.url })
    expect(await app.read(await signed(first.privateKey, { alg: 'RS256' }))).toEqual(ok)
    expect(await app.read(await signed(second.privateKey, { alg: 'PS512' }))).toEqual(ok)
    expect(await app.read(await signed(foreign.privateKey, { alg: 'RS256' }))).toEqual(invalid)
    expect(await app.read(await signed(foreign.privateKey, { alg: 'RS256', kid: '1' }))).toEqual(invalid)
    expect(await app.read(await signed(secret, { alg: 'HS256', kid: 's' }))).toEqual(invalid)
  })

  it('that are too small are reported, and do not keep the others of the set from being tried', async () => {
    const [small, good] = [generateKeyPairSync('rsa', { modulusLength: 1_024 }), rsa()]
    await using served = await serveKeys({ keys: [await jwk('1', small), await jwk('2', good)] })
    await using app = await belfryWith({ jwks_url: served.url })
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: '1' })).toString('base64url')
    const [, ...rest] = (await signed(good.privateKey, { alg: 'RS256', kid: '2' })).split('.')
    const answer = await fetch(`${app.url}/v1/notifications`, {
      headers: { authorization: `Bearer ${[header, ...rest].join('.')}` },
    })
    expect(await answer.json()).toMatchObject({
      status: 401,
      detail: 'the token is not valid: the key that it names is of a kind or size that is not possible here',
    })
    expect(await app.read(await signed(good.privateKey, { alg: 'RS256' }))).toEqual(ok)
  })

  it('that never come do not delay the stop: connections that wait for them are closed', async () => {
    await using served = await serveKeys('hang')
    await using app = await belfryWith({ jwks_url: served.url })
    const { socket, closed } = openSocket(app.url, await signed(rsa().privateKey, { alg: 'RS256', kid: '1' }))
    const reason = new Promise((resolve) => socket.once('close', (_code, said) => resolve(String(said))))
    await expect.poll(() => served.count()).toBe(1)
    await app.belfry.close()
    // Not 'try again', which the fetch that was given up would say.
    expect([await closed, await reason]).toEqual([1012, 'restarting'])
    await app[Symbol.asyncDispose]()
  })
})
