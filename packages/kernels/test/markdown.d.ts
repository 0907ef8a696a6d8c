/** Documents that a test holds to what they say. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
