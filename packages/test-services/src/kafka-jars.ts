import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const VERSION = '4.1.1'
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
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=libs']
    execFileSync('mvn', ['-q', '-B', '-f', 'pom.xml', ...goal], { cwd: folder, stdio: 'inherit' })
    // Whole or not at all, whoever else does the same.
    if (!existsSync(place())) renameSync(join(folder, 'libs'), place())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return place()
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>belfry</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version>
  </dependency></dependencies>
</project>
`
