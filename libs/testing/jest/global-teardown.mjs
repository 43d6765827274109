export default async function stopPostgresForSpecs() {
  await globalThis.postgresForSpecs?.stop();
}
