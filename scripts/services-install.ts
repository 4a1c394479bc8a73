// Fetches what real services and other languages need and no package manager here has: the jars of Kafka, and the SDKs of CloudEvents.
// Then starts Kafka once, so that it starts sooner later.
import { archiveKafka, installKafka, installSdk, sdkLanguages } from '../packages/test-services/src/index.ts'

console.log(`The jars of Kafka are in ${installKafka()}`)
for (const language of sdkLanguages) {
  const folder = installSdk(language, `apps/server/test/sdks/${language}`)
  console.log(
    `The SDK of CloudEvents for ${language} ${folder === undefined ? 'is left out: it is not installed here' : `is in ${folder}`}`,
  )
}
await archiveKafka()
