// Fetches what real services and other languages need and no package manager here has: the jars of Kafka, and the SDKs of CloudEvents.
// Then starts Kafka once, so that it starts sooner later.
import { archiveKafka, installKafka, installSdk, sdkLanguages } from '../packages/test-services/src/index.ts'

console.log(`The jars of Kafka are in ${installKafka()}`)
for (const language of sdkLanguages) {
  const name = `The SDK of CloudEvents for ${language}`
  try {
    const folder = installSdk(language, `apps/server/test/sdks/${language}`)
    console.log(folder === undefined ? `${name} is left out: ${language} is not installed` : `${name} is in ${folder}`)
  } catch (error) {
    // Its tests are skipped. With CI set those of Python and Java fail.
    console.error(`${name} is left out: ${error instanceof Error ? error.message : error}`)
  }
}
await archiveKafka()
