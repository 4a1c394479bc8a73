import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The key of `POST /dev/token` that a folder keeps. */
export const accessKeyOf = async (folder: string): Promise<string> =>
  (await readFile(join(folder, 'access-key'), 'utf8')).trim()

/** Asks a Belfry for a development token, with the key that its folder keeps. */
export async function devToken(
  url: string,
  folder: string,
  claims: { readonly sub: string; readonly scope?: string },
): Promise<string> {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await accessKeyOf(folder)}` },
    body: JSON.stringify(claims),
  })
  const { token }: { token: string } = JSON.parse(await response.text())
  return token
}
