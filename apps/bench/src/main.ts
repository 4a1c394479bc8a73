import { readCommandLine, usage } from './command-line.ts'
import { guard, recordGuard } from './guard/guard.ts'
import { announcement } from './parts/announcement.ts'
import { drain } from './parts/drain.ts'
import { embedded } from './parts/embedded.ts'
import { jitter } from './parts/jitter.ts'
import { latency } from './parts/latency.ts'
import { mix } from './parts/mix.ts'
import { resume } from './parts/resume.ts'
import { sockets } from './parts/sockets.ts'
import { start } from './parts/start.ts'
import { createProgress } from './progress.ts'
import { runParts } from './run-parts.ts'
import { withServices } from './with-services.ts'
import { writeReadme } from './write-readme.ts'

const all = [drain, latency, mix, sockets, announcement, jitter, resume, embedded, start]
const names = all.map(({ description }) => description.part)

try {
  const { command, ...rest } = readCommandLine(process.argv.slice(2), names)
  const progress = createProgress('guard')
  if (command === 'help') process.stdout.write(usage(names))
  else if (command === 'readme') writeReadme(names)
  else if (command === 'record') await withServices((services) => recordGuard({ services, progress }))
  else if (command === 'guard')
    await withServices(async (services) => {
      if (!(await guard({ services, progress }))) process.exitCode = 1
    })
  else {
    const parts = all.filter(({ description }) => rest.parts.includes(description.part))
    await runParts(parts, rest, names)
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
