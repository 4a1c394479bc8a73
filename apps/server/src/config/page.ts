import type { TSchema } from 'typebox'
import { ConfigSchema } from './schema.ts'

/** The parts of a key's schema that people read. */
interface Known {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, TSchema>>
}

/** docs/configuration.md: every key with what it is for, what is expected and its default. */
export function configurationPage(): string {
  const { properties = {} }: Known = ConfigSchema
  const plain = Object.entries(properties).filter(([, schema]) => !isTable(schema))
  const tables = Object.entries(properties).filter(([, schema]) => isTable(schema))
  return `# Configuration

Made from the schema; a test checks that.

The configuration is a TOML file: \`--config FILE\`, else \`BELFRY_CONFIG\`, else \`Config.toml\` in the working folder. Without a
file it is the embedded default. Every key can be set by the environment, over the file: \`kafka.group_id\` is
\`NOTIFICATION_SERVICE__KAFKA__GROUP_ID\`, lists are separated by commas. All mistakes are reported at once. \`belfry check\` checks
without starting.

A section is present when the file or the environment has any key of it. \`[notification_service.postgres]\` selects Postgres as the
store, else it is PGlite in a folder. \`[notification_service.kafka]\` selects Kafka as the source, else events come from the log in the
store. Without \`[notification_service.auth]\` only this machine may connect, and only on the embedded default.

## [notification_service]

${rows(plain, '')}
${tables.map(([name, schema]) => `## [notification_service.${name}]\n\n${rows(fieldsOf(schema), '')}`).join('\n')}`
}

const isTable = (schema: Known) => schema.properties !== undefined

const fieldsOf = ({ properties = {} }: Known): [string, TSchema][] => Object.entries(properties)

function rows(fields: readonly (readonly [string, TSchema])[], prefix: string): string {
  const lines = fields.flatMap(([name, schema]) => line(`${prefix}${name}`, schema))
  return `${prefix === '' ? '| key | for | expected | default |\n| --- | --- | --- | --- |\n' : ''}${lines.join('')}`
}

function line(name: string, schema: Known): readonly string[] {
  const { title = '', description = '', default: preset } = schema
  const shown = preset === undefined ? '' : `\`${JSON.stringify(preset)}\``
  const own = `| \`${name}\` | ${title} | ${description} | ${shown} |\n`
  return schema.properties === undefined ? [own] : [own, rows(Object.entries(schema.properties), `${name}.`)]
}
