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
/** The `digestOf` all jars of that version: a different jar of the same name is refused. */
const DIGEST = 'db0e7b45f86a3c02b605405befb51352dd42d2913276849e741797bf0bd6d7f5'
/** The plugin that copies the jars, with its version: otherwise Maven would use the newest one. */
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies'
const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'belfry', `kafka-${VERSION}`)

/** Returns the path of a program on the PATH. */
export const findOnPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** Returns the folder of Kafka's jars, BELFRY_TEST_KAFKA_HOME or that of `installKafka`; undefined if it is empty or Java is not installed. */
export function findKafka(): string | undefined {
  const folder = process.env.BELFRY_TEST_KAFKA_HOME ?? cacheFolder()
  return findOnPath('java') !== undefined && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined
}

/** The path of the archive that `archiveKafka` makes of these jars. */
export const archiveOf = (jars: string): string => `${jars}.jsa`

/** Downloads Kafka's jars with Maven, unless they are there, and returns their folder. */
export function installKafka(): string {
  const found = findKafka()
  if (found !== undefined) return found
  mkdirSync(join(cacheFolder(), '..'), { recursive: true })
  const folder = mkdtempSync(`${cacheFolder()}-`)
  try {
    writeFileSync(join(folder, 'pom.xml'), pom)
    // -C: Maven fails if the checksum of a download is wrong.
    const goal = ['-C', GOAL, '-DincludeScope=runtime', '-DoutputDirectory=libs']
    execFileSync('mvn', ['-q', '-B', '-f', 'pom.xml', ...goal], { cwd: folder, stdio: 'inherit' })
    const digest = digestOf(join(folder, 'libs'))
    if (digest !== DIGEST) throw new Error(`these are not the expected jars of Kafka ${VERSION}: ${digest}`)
    // A rename is atomic: another process that does the same never sees a part of the folder.
    if (!existsSync(cacheFolder())) renameSync(join(folder, 'libs'), cacheFolder())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return cacheFolder()
}

/** A SHA-256 of the names and contents of all files of a folder. */
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
