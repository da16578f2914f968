/** The JSON that lies under an HTTP address. Rejects with the runtime's own error if nobody answers, or it is not JSON. */
export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}
