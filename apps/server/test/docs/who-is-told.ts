import { allContracts } from '@belfry/contracts'
import type { AnyPlugin, Plugin } from '@belfry/core'
import { given } from '@belfry/core/testing'
import plugins from '../../src/plugins.ts'
import { ACCOUNT, type Example, examples, READERS, type Reader } from './who-is-told-examples.ts'

/** A text of the page: who gets it, and how they read. */
export interface ShownText {
  readonly example: Example
  readonly reader: Reader
  readonly person: string
  /** `<plugin>.<message>` */
  readonly type: string
  readonly priority: string
  readonly title: string
  readonly body: string
}

/** Makes docs/who-is-told.md: for every event who is told, with every text in both languages. Also returns the texts that the page shows. */
export async function whoIsToldPage(): Promise<{ page: string; texts: readonly ShownText[] }> {
  const texts: ShownText[] = []
  const sections: string[] = []
  for (const { type } of allContracts) {
    sections.push(`## ${type}\n`)
    for (const example of examples.filter((one) => eventOf(one, READERS[0]).type === type)) {
      const own = await textsOf(example)
      texts.push(...own)
      sections.push(sectionOf(example, own))
    }
  }
  const intro = `# Who is told

Generated from the plugins; a test compares them. For each type of event, the page lists the people who are told and the texts that they
get, in English (for a person in UTC) and in German (for a person in Berlin). A person is told at most once of an event, in the role that
concerns them most; only conflict.resolved tells a booker once for each booking. The first column has roles instead of the names of people.

Times are in the time zone of the person. Where it is not known they are in UTC, and the zone stands beside them.
`
  return { page: `${intro}\n${sections.join('\n')}`, texts }
}

const readersOf = ({ readers = READERS }: Example) => readers
const eventOf = ({ event }: Example, reader: Reader | undefined) =>
  typeof event === 'function' ? event(reader?.profile ?? {}) : event

/** The texts of an example, for each of its readers. */
async function textsOf(example: Example): Promise<readonly ShownText[]> {
  const { audiences = [] } = example
  const texts: ShownText[] = []
  for (const reader of readersOf(example)) {
    const event = eventOf(example, reader)
    const plugin = plugins.find(({ events }: AnyPlugin) =>
      Object.values(events).some((contract: { type?: string }) => contract.type === event.type),
    )
    if (!plugin) throw new Error(`no plugin listens to ${event.type}`)
    const toldTo = async (everyPerson: readonly string[]) => {
      const people = Object.fromEntries(everyPerson.map((person) => [person, reader.profile]))
      // `plugin` listens to the type of the event, which the compiler cannot see in a list of plugins.
      return (await given(plugin as Plugin, { people, audiences }).when(event)).told
    }
    // Only people who are told have a profile: the example may tell everyone who has one.
    const told = await toldTo(Object.keys(await toldTo([ACCOUNT])))
    for (const [person, all] of Object.entries(told))
      for (const { type, priority, title, body } of all)
        texts.push({ example, reader, person, type, priority, title: spaced(title), body: spaced(body) })
  }
  return texts
}

/** Plain spaces: ICU puts narrow and no-break ones. */
const spaced = (text: string) => text.replace(/[\u2009\u202f\u00a0]/g, ' ')

/** People who get the same texts share a row. */
function sectionOf(example: Example, texts: readonly ShownText[]): string {
  if (texts.length === 0) return `**${example.what}**: no person is told.\n`
  const cells = Map.groupBy(texts, ({ person, type, priority }) => `${person} | ${type}, ${priority}`)
  const rows = new Map<string, string[]>()
  for (const [first, ...more] of cells.values()) {
    if (!first) continue
    const shown = [first, ...more].map(({ title, body }) => `**${title}**<br>${body}`)
    const row = `${first.type}, ${first.priority} | ${shown.join(' | ')}`
    rows.set(row, [...(rows.get(row) ?? []), first.person])
  }
  const columns = ['who', 'message', ...readersOf(example).map(({ name }) => name)]
  return `**${example.what}**

| ${columns.join(' | ')} |
|${' --- |'.repeat(columns.length)}
${[...rows].map(([row, people]) => `| ${people.join(', ')} | ${row} |\n`).join('')}`
}
