import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allContracts } from '@belfry/contracts'
import { expect, it } from 'vitest'
import { configurationPage } from '../../src/config/page.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import plugins from '../../src/plugins.ts'
import { errorsPage } from './errors-page.ts'
import { operationsPage } from './operations-page.ts'
import { allLimits, securityPage } from './security-page.ts'
import { whoIsToldPage } from './who-is-told.ts'

/*
 * Pages that are made from the code: these tests fail when a page says something else. `pnpm docs` writes them.
 */

const page = (name: string) => fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url))

it('docs/configuration.md says what the schema says', async () => {
  await expect(configurationPage()).toMatchFileSnapshot(page('configuration.md'))
})

it('docs/errors.md says what the tables say', async () => {
  await expect(errorsPage()).toMatchFileSnapshot(page('errors.md'))
})

it('docs/operations.md lists every metric and alert', async () => {
  await expect(operationsPage()).toMatchFileSnapshot(page('operations.md'))
})

it('docs/security.md lists every limit', async () => {
  await expect(securityPage()).toMatchFileSnapshot(page('security.md'))
})

it('every limit is pinned by a test that is there', () => {
  const missing = allLimits.filter(({ test }) => {
    const [path = '', title = ''] = test.split(/: (.*)/s)
    const file = fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
    return title === '' || !existsSync(file) || !readFileSync(file, 'utf8').includes(title)
  })
  expect(missing).toEqual([])
})

it('every limit with a key has the default of the configuration', () => {
  const defaults = allLimits.flatMap(({ key, most }) => {
    const schema = key
      ?.split('.')
      .reduce((at: unknown, name) => Reflect.get(Object(at), 'properties')?.[name], ConfigSchema)
    return key === undefined ? [] : [[key, most, Reflect.get(Object(schema), 'default')]]
  })
  expect(defaults.map(([key, most]) => [key, most, most])).toEqual(defaults)
})

it('docs/who-is-told.md says what the plugins do, and shows every message of every plugin of the platform', async () => {
  const { page: text, shown } = await whoIsToldPage()
  await expect(text).toMatchFileSnapshot(page('who-is-told.md'))
  // A plugin of a domain of its own shows its texts in its own docs.
  const platform = new Set<unknown>(allContracts)
  const own = plugins.filter(({ events }) => Object.values(events).some((contract) => platform.has(contract)))
  const all = own.flatMap(({ id, messages }) => Object.keys(messages ?? {}).map((name) => `${id}.${name}`))
  expect([...shown].sort()).toEqual(all.sort())
})
