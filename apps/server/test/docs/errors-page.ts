import { eventErrors } from '@belfry/contracts'
import type { ErrorRow } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { kafkaErrors } from '@belfry/kafka'
import { postgresErrors } from '@belfry/postgres'
import { serverErrors } from '../../src/errors.ts'

/** Makes docs/errors.md: every code with its sentence and what to do. */
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
    return `## ${name}\n\n| code | sentence | what to do |\n| --- | --- | --- |\n${rows.join('')}`
  })
  const transient = Object.values(tables).flatMap((table) =>
    Object.entries<ErrorRow>(table).flatMap(([code, row]) => (row.transient ? [`\`${code}\``] : [])),
  )
  return `# Errors

Generated from the tables of the packages; a test compares them. A code is stable; the parts of a sentence in braces differ from case to case.
Over HTTP an error is a problem (RFC 9457) with its \`code\` and its \`remedy\`; if input is invalid, \`errors\` is a list of \`{ path, message }\`.

These errors are transient, so the same call may succeed later: ${transient.join(', ')}.

${sections.join('\n')}`
}
