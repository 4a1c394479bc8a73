import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheHome } from '../install/cache-home.ts'
import { downloadJars } from '../install/download-jars.ts'
import { findOnPath } from '../install/find-on-path.ts'

const VERSION = '4.1.1'
/** The `digestOf` all jars of that version: a different jar of the same name is refused. */
const DIGEST = 'db0e7b45f86a3c02b605405befb51352dd42d2913276849e741797bf0bd6d7f5'
const cacheFolder = (): string => join(cacheHome(), `kafka-${VERSION}`)

/** Returns the folder of Kafka's jars, BELFRY_TEST_KAFKA_HOME or that of `installKafka`; undefined if it is empty or Java is not installed. */
export function findKafka(): string | undefined {
  const folder = process.env.BELFRY_TEST_KAFKA_HOME ?? cacheFolder()
  return findOnPath('java') !== undefined && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined
}

/** The path of the archive that `archiveKafka` makes of these jars. */
export const archiveOf = (jars: string): string => `${jars}.jsa`

/** Downloads Kafka's jars with Maven, unless they are there, and returns their folder. */
export function installKafka(): string {
  return findKafka() ?? downloadJars({ into: cacheFolder(), pom, digest: DIGEST })
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>belfry</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version>
  </dependency></dependencies>
</project>
`
