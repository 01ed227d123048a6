#include "archives/compression.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace holdfast::archives {
namespace {

constexpr std::size_t block_size = 256U << 10U;
/// The libraries' own: twice the work makes a log a tenth smaller.
constexpr int zstd_level = ZSTD_CLEVEL_DEFAULT;
constexpr int gzip_level = Z_DEFAULT_COMPRESSION;
/// 15 bits of window; 16 more: gzip's header and checksum instead of zlib's.
constexpr int gzip_window = 15 + 16;

using Block = std::vector<char>;

class Source {
public:
  explicit Source(int fd) : fd_(fd) {}

  /// The next bytes of the file, none at its end.
  Result<std::string_view> next() {
    ssize_t n = 0;
    do
      n = ::pread(fd_, block_.data(), block_.size(), at_);
    while (n < 0 && errno == EINTR);
    if (n < 0) return system_error("read", errno);
    at_ += n;
    return std::string_view(block_.data(), static_cast<std::size_t>(n));
  }

private:
  int fd_;
  off_t at_ = 0;
  Block block_ = Block(block_size);
};

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("write", n < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Done{};
}

/// Takes bytes and has written what comes of them.
class Compressor {
public:
  virtual ~Compressor() = default;
  /// `last`: nothing follows; the stream is ended.
  [[nodiscard]] virtual Status take(std::string_view bytes, bool last) = 0;

protected:
  explicit Compressor(int to) : to_(to) {}
  [[nodiscard]] Status put(std::size_t size) const { return write_all(to_, {out_.data(), size}); }
  Block out_ = Block(block_size);

private:
  int to_;
};

class ZstdCompressor : public Compressor {
public:
  explicit ZstdCompressor(int to) : Compressor(to), context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    if (!context_) return;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, zstd_level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  Status take(std::string_view bytes, bool last) override {
    if (!context_) return system_error("zstd", ENOMEM);
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{.dst = out_.data(), .size = out_.size(), .pos = 0};
      const std::size_t left =
          ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return Error{std::string("zstd: ") + ZSTD_getErrorName(left)};
      if (auto written = put(out.pos); !written) return written;
      more = last ? left != 0 : in.pos < in.size;
    }
    return Done{};
  }

private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

class GzipCompressor : public Compressor {
public:
  explicit GzipCompressor(int to)
      : Compressor(to),
        made_(deflateInit2(&stream_, gzip_level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK) {}
  ~GzipCompressor() override {
    if (made_) ::deflateEnd(&stream_);
  }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  Status take(std::string_view bytes, bool last) override {
    if (!made_) return system_error("gzip", ENOMEM);
    // zlib does not write there, but has no const before 1.2.5.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      if (::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
        return Error{"gzip: the stream is damaged in memory"};
      if (auto written = put(out_.size() - stream_.avail_out); !written) return written;
    } while (stream_.avail_out == 0);
    return Done{};
  }

private:
  z_stream stream_{};
  bool made_;
};

std::unique_ptr<Compressor> compressor_for(wire::Compression compression, int to) {
  if (compression == wire::Compression::gzip) return std::make_unique<GzipCompressor>(to);
  return std::make_unique<ZstdCompressor>(to);
}

/// Compares what is decompressed with a file, piece by piece.
class Comparison {
public:
  explicit Comparison(int plain) : plain_(plain) {}

  Status take(std::string_view bytes) {
    while (!bytes.empty() && like_) {
      if (auto filled = fill(); !filled) return filled;
      const std::size_t size = std::min(bytes.size(), rest_.size());
      like_ = size > 0 && bytes.substr(0, size) == rest_.substr(0, size);
      bytes.remove_prefix(size);
      rest_.remove_prefix(size);
    }
    return Done{};
  }

  Result<Likeness> end() {
    if (auto filled = fill(); !filled) return filled.error();
    return like_ && rest_.empty() ? Likeness::same : Likeness::other;
  }

private:
  Status fill() {
    if (!rest_.empty()) return Done{};
    auto next = plain_.next();
    if (!next) return next.error();
    rest_ = next.value();
    return Done{};
  }

  Source plain_;
  std::string_view rest_;
  bool like_ = true;
};

/// Gives what is decompressed to a comparison.
class Decompressor {
public:
  virtual ~Decompressor() = default;
  /// Nothing where the bytes are not those of a stream.
  [[nodiscard]] virtual std::optional<Status> take(std::string_view bytes, Comparison& comparison) = 0;
  /// Whether nothing of a stream is missing.
  [[nodiscard]] virtual bool at_end() const = 0;

protected:
  Decompressor() = default;
  Block out_ = Block(block_size);
};

class ZstdDecompressor : public Decompressor {
public:
  ZstdDecompressor() : context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {}

  std::optional<Status> take(std::string_view bytes, Comparison& comparison) override {
    if (!context_) return system_error("zstd", ENOMEM);
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{.dst = out_.data(), .size = out_.size(), .pos = 0};
      const std::size_t wanted = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) return std::nullopt;
      at_end_ = wanted == 0;
      if (auto taken = comparison.take({out_.data(), out.pos}); !taken) return taken;
      more = in.pos < in.size || (out.pos == out.size && !at_end_);
    }
    return Done{};
  }
  bool at_end() const override { return at_end_; }

private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool at_end_ = false;
};

class GzipDecompressor : public Decompressor {
public:
  GzipDecompressor() : made_(inflateInit2(&stream_, gzip_window) == Z_OK) {}
  ~GzipDecompressor() override {
    if (made_) ::inflateEnd(&stream_);
  }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  std::optional<Status> take(std::string_view bytes, Comparison& comparison) override {
    if (!made_) return system_error("gzip", ENOMEM);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (at_end_ && stream_.avail_in == 0) break;
      if (std::exchange(at_end_, false)) ::inflateReset(&stream_);
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int code = ::inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return std::nullopt;
      at_end_ = code == Z_STREAM_END;
      if (auto taken = comparison.take({out_.data(), out_.size() - stream_.avail_out}); !taken) return taken;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return Done{};
  }
  bool at_end() const override { return at_end_; }

private:
  z_stream stream_{};
  bool made_;
  bool at_end_ = false;
};

std::unique_ptr<Decompressor> decompressor_for(wire::Compression compression) {
  if (compression == wire::Compression::gzip) return std::make_unique<GzipDecompressor>();
  return std::make_unique<ZstdDecompressor>();
}

} // namespace

Status compress(int from, int to, wire::Compression compression, const Progress& progress) {
  Source source(from);
  const auto compressor = compressor_for(compression, to);
  for (;;) {
    const auto bytes = source.next();
    if (!bytes) return bytes.error();
    if (auto taken = compressor->take(bytes.value(), bytes.value().empty()); !taken) return taken;
    if (bytes.value().empty()) return Done{};
    progress();
  }
}

Result<Likeness> compare(int compressed, wire::Compression compression, int plain, const Progress& progress) {
  Source source(compressed);
  Comparison comparison(plain);
  const auto decompressor = decompressor_for(compression);
  for (;;) {
    const auto bytes = source.next();
    if (!bytes) return bytes.error();
    if (bytes.value().empty()) break;
    const auto taken = decompressor->take(bytes.value(), comparison);
    if (!taken) return Likeness::damaged;
    if (!*taken) return taken->error();
    progress();
  }
  if (!decompressor->at_end()) return Likeness::damaged;
  return comparison.end();
}

} // namespace holdfast::archives
