import { eventErrors } from '@belfry/contracts'
import type { ErrorRow } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { kafkaErrors } from '@belfry/kafka'
import { postgresErrors } from '@belfry/postgres'
import { serverErrors } from '../../src/errors.ts'

/** docs/errors.md: every code with its sentence and what to do. */
export function errorsPage(): string {
  const tables = {
    '@belfry/contracts': eventErrors,
    '@belfry/core': coreErrors,
    '@belfry/kafka': kafkaErrors,
    '@belfry/postgres': postgresErrors,
    '@belfry/server': serverErrors,
  }
  const sections = Object.entries(tables).map(([name, table]) => {
    const rows = Object.entries<ErrorRow>(table).map(
      ([code, { says, remedy }]) => `| \`${code}\` | ${says} | ${remedy} |\n`,
    )
    return `## ${name}\n\n| code | says | what to do |\n| --- | --- | --- |\n${rows.join('')}`
  })
  return `# Errors

Made from the tables of the packages; a test keeps it so. A code is stable; the words in braces differ from case to case. Over HTTP an
error is a problem (RFC 9457) with its \`code\`, and where input is invalid with an \`errors\` list of \`{ path, message }\`.

${sections.join('\n')}`
}
