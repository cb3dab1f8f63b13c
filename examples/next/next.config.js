/** @type {import('next').NextConfig} */
export default {
  // Static files: what they are served by is up to you.
  output: 'export',
};
