import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { KEY, type Route, TOKEN } from './routes.ts'

/** What may stand in the Authorization header. */
export interface Credential {
  readonly header: string | undefined
  /** Whose it is and what it allows; undefined where it is no valid token. */
  readonly scopes: ReadonlySet<string> | undefined
}

/** The people who ask; more than one, so that nobody has too many connections. */
export const people: readonly string[] = ['ann', 'ben', 'cay', 'dan', 'eve', 'fay']

/** Credentials of every kind: of each person with every scope, with one and with none, and many that are none. */
export async function credentialsFor(routes: readonly Route[], folder: string): Promise<readonly Credential[]> {
  const secret = (await readFile(join(folder, 'token-secret'), 'utf8')).trim()
  const signed = (claims: object, expires: string | number = '1h', key = secret) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(key))
  const every = [...new Set(routes.flatMap(({ scopes = [] }) => scopes))].filter((one) => one !== TOKEN && one !== KEY)
  const good = people.flatMap((sub) =>
    [every, [], ...every.map((scope) => [scope])].map(async (scopes) => ({
      header: `Bearer ${await signed({ sub, scope: scopes.join(' ') })}`,
      scopes: new Set([TOKEN, ...scopes]),
    })),
  )
  const [sub] = people
  const full = { sub, scope: every.join(' ') }
  const token = await signed(full)
  const unsigned = `${btoa('{"alg":"none"}')}.${btoa(`{"sub":"${sub}","exp":99999999999}`)}.`.replaceAll('=', '')
  const bad = [
    undefined,
    ...['', 'Bearer', 'Bearer ', 'Bearer nonsense', 'Bearer a.b.c', 'Basic YW5uOnB3', 'Bearer __proto__', 'Bearer %00'],
    ...[`Bearer ${unsigned}`, `Bearer ${token}x`, `Bearer ${token} ${token}`, `Bearer ${token}, Bearer ${token}`],
    ...[`Token ${token}`, token, `Bearer ${'x'.repeat(8_000)}`, `Bearer ${token.replace(/\..*\./, '..')}`],
    `Bearer ${await signed(full, Math.floor(Date.now() / 1_000) - 3_600)}`,
    `Bearer ${await signed(full, '1h', 'x'.repeat(32))}`,
    ...(await Promise.all(
      [{}, { sub: 7.5 }, { sub: '' }, { sub: 'a\0' }].map(async (one) => `Bearer ${await signed(one)}`),
    )),
  ].map((header) => ({ header, scopes: undefined }))
  const key = (await readFile(join(folder, 'access-key'), 'utf8')).trim()
  return [...(await Promise.all(good)), { header: `Bearer ${key}`, scopes: new Set([KEY]) }, ...bad]
}

/** Whether this route lets whoever sends this pass. */
export const allows = ({ scopes }: Route, credential: Credential): boolean =>
  scopes === undefined || (credential.scopes !== undefined && scopes.every((scope) => credential.scopes?.has(scope)))
