import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allContracts } from '@belfry/contracts'
import { describe, expect, it } from 'vitest'
import { configurationPage } from '../../src/config/page.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import plugins from '../../src/plugins.ts'
import { errorsPage } from './errors-page.ts'
import { operationsPage } from './operations-page.ts'
import { allLimits, securityPage } from './security-page.ts'
import { type ShownText, whoIsToldPage } from './who-is-told.ts'
import { ACCOUNT, examples } from './who-is-told-examples.ts'

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

describe('docs/who-is-told.md', async () => {
  const { page: text, texts } = await whoIsToldPage()

  it('says what the plugins do, and shows every message of every plugin of the platform', async () => {
    await expect(text).toMatchFileSnapshot(page('who-is-told.md'))
    // A plugin of a domain of its own shows its texts in its own docs.
    const platform = new Set<unknown>(allContracts)
    const own = plugins.filter(({ events }) => Object.values(events).some((contract) => platform.has(contract)))
    const all = own.flatMap(({ id, messages }) => Object.keys(messages ?? {}).map((name) => `${id}.${name}`))
    expect([...new Set(texts.map(({ type }) => type))].sort()).toEqual(all.sort())
  })

  it('has an example of every type of event', () => {
    const types = examples.map(({ event }) => (typeof event === 'function' ? event({}) : event).type)
    expect([...new Set(types)].sort()).toEqual(allContracts.map(({ type }) => type).sort())
  })

  it('has a person in every row: named by the event or by an audience, or with an account', () => {
    const strangers = texts.filter(({ example: { event, audiences = [] }, person }) => {
      const { data } = typeof event === 'function' ? event({}) : event
      return ![...stringsIn(data), ...audiences.flatMap(([, people]) => people), ACCOUNT].includes(person)
    })
    expect(strangers.map(({ person, type }) => [type, person])).toEqual([])
  })

  it('has titles that fit on a line, and bodies of a few whole sentences', () => {
    const long = texts.filter(({ title, body }) => title.length > 60 || body.length > 320 || title.includes('\n'))
    expect(long.map(({ title, body }) => [title, body])).toEqual([])
    const loose = texts.filter(({ body }) => !/^[^a-z ].*[^.][.!]$/.test(body) || / {2}| [.,;:!]|\.\./.test(body))
    expect(loose.map(({ body }) => body)).toEqual([])
  })

  it('has every German text in German, and every English text in English, except the words of a request', () => {
    const written = texts.filter(({ type }) => type !== 'notification.requested')
    const language = ({ reader }: ShownText) => reader.profile.locale
    const wrong = written.filter((one) => languageOf(one.body) !== language(one) || one.body === '')
    expect(wrong.map(({ reader, type, body }) => [reader.name, type, body])).toEqual([])
    // Each person who is told in the one language is told the same message in the other.
    const toldIn = (locale: string) =>
      texts.filter((one) => language(one) === locale).map(({ example, person, type }) => [example.what, person, type])
    expect(toldIn('de')).toEqual(toldIn('en'))
  })
})

/** The strings among the values of JSON; its keys are not among them. */
const stringsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : []

/** The language of a text by its small words, which no name of the examples has. */
function languageOf(text: string): string {
  const [german, english] = [/\b(?:Sie|Ihre?n?|ist|und|nicht|am)\b/, /\b(?:you|your|the|is|and|to)\b/i].map((words) =>
    words.test(text),
  )
  return german === english ? 'unclear' : german ? 'de' : 'en'
}
