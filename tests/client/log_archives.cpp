#include "log_archives.h"

#include <memory>
#include <stdexcept>
#include <zlib.h>
#include <zstd.h>

namespace holdfast::test {
namespace {

/// Not an assertion of the test, which would be for one thread.
void must(bool done) {
  if (!done) throw std::runtime_error("cannot compress");
}

} // namespace

std::string in_zstd(const std::string& text) {
  std::string packed(::ZSTD_compressBound(text.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, decltype(&::ZSTD_freeCCtx)> context(::ZSTD_createCCtx(), &::ZSTD_freeCCtx);
  // As the program zstd does.
  must(::ZSTD_isError(::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)) == 0);
  const std::size_t size =
      ::ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size());
  must(::ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

std::string in_gzip(const std::string& text) {
  z_stream stream{};
  constexpr int gzip = 15 + 16;
  must(::deflateInit2(&stream, 6, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string in = text;
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  must(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

} // namespace holdfast::test
