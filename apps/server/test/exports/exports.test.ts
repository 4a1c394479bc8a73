import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { namesOf } from './names-of.ts'

const ROOT = join(import.meta.dirname, '../../../..')

interface Package {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, { readonly default: string } | string>>
}

/** Each package that others import: its entries, each with the names that it exports. */
const packages = globSync('{packages,apps}/*/package.json', { cwd: ROOT })
  .sort()
  .map((path) => ({ folder: join(ROOT, dirname(path)), ...read(join(ROOT, path)) }))
  .filter((one) => one.private !== true)

function read(path: string): Package {
  return JSON.parse(readFileSync(path, 'utf8'))
}

describe('what users import', () => {
  it('is named by every package', () => {
    expect(packages.map(({ name }) => name)).toContain('@belfry/contracts')
    expect(packages.every(({ exports }) => exports !== undefined)).toBe(true)
  })

  it.each(packages)('of $name is what exports/ lists', async ({ name, folder, exports = {} }) => {
    const entries: string[] = []
    for (const [entry, to] of Object.entries(exports)) {
      const file = join(folder, typeof to === 'string' ? to : to.default)
      const names = namesOf(file)
      // What is read from the text is what a program gets.
      expect(names.filter((one) => !one.startsWith('type '))).toEqual(Object.keys(await import(file)).sort())
      entries.push(`${join(name, entry)}\n${names.map((one) => `  ${one}\n`).join('')}`)
    }
    await expect(entries.join('')).toMatchFileSnapshot(`${name.replace('@belfry/', '')}.txt`)
  })
})
