import { readFileSync } from 'node:fs'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The version of this server. */
export const version: string =
  typeof manifest === 'object' && manifest !== null ? String(Reflect.get(manifest, 'version')) : 'unknown'
