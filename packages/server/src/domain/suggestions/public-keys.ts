/** Whether two public keys are one; the comment at the end says nothing. */
export function isSamePublicKey(one: string, two: string): boolean {
  const content = (key: string) => key.trim().split(/\s+/).slice(0, 2).join(" ");
  return content(one) === content(two);
}
