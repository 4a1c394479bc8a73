import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const VERSION = '4.1.1'
/** SHA-256 of all jars of that version, as `digestOf` makes it: another jar of the same name is refused. */
const DIGEST = 'db0e7b45f86a3c02b605405befb51352dd42d2913276849e741797bf0bd6d7f5'
/** What copies the jars: Maven would take the newest otherwise. */
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies'
const place = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'belfry', `kafka-${VERSION}`)

/** The programs of the PATH. */
export const findOnPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** The folder of Kafka's jars, where there is Java to run them: of BELFRY_TEST_KAFKA_HOME, or what `installKafka` has fetched. */
export function findKafka(): string | undefined {
  const folder = process.env.BELFRY_TEST_KAFKA_HOME ?? place()
  return findOnPath('java') !== undefined && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined
}

/** Where what `archiveKafka` makes of these jars is kept. */
export const archiveOf = (jars: string): string => `${jars}.jsa`

/** Fetches Kafka's jars with Maven, unless they are there; answers their folder. */
export function installKafka(): string {
  const found = findKafka()
  if (found !== undefined) return found
  mkdirSync(join(place(), '..'), { recursive: true })
  const folder = mkdtempSync(`${place()}-`)
  try {
    writeFileSync(join(folder, 'pom.xml'), pom)
    // With strict checksums: what was broken on its way is not taken.
    const goal = ['-C', GOAL, '-DincludeScope=runtime', '-DoutputDirectory=libs']
    execFileSync('mvn', ['-q', '-B', '-f', 'pom.xml', ...goal], { cwd: folder, stdio: 'inherit' })
    const digest = digestOf(join(folder, 'libs'))
    if (digest !== DIGEST) throw new Error(`these are not the jars of Kafka ${VERSION} that are known here: ${digest}`)
    // Whole or not at all, whoever else does the same.
    if (!existsSync(place())) renameSync(join(folder, 'libs'), place())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return place()
}

/** One SHA-256 for the names and contents of all files of a folder. */
function digestOf(folder: string): string {
  const all = createHash('sha256')
  for (const name of readdirSync(folder).sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
    all.update(`${content}  ${name}\n`)
  }
  return all.digest('hex')
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>belfry</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version>
  </dependency></dependencies>
</project>
`
