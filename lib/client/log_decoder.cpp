#include "client/log_decoder.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <zlib.h>
#include <zstd.h>

namespace holdfast::client {
namespace {

class Unzstd final : public LogDecoder {
public:
  Unzstd() {
    if (!stream_) std::abort(); // no memory
  }

  Status decode(std::string_view& in, std::span<char>& out) override {
    if (complete_ && in.empty()) return Done{};
    ZSTD_inBuffer from{.src = in.data(), .size = in.size(), .pos = 0};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    const std::size_t left = ::ZSTD_decompressStream(stream_.get(), &to, &from);
    if (::ZSTD_isError(left) != 0) return Error{::ZSTD_getErrorName(left), EBADMSG};
    complete_ = left == 0;
    in.remove_prefix(from.pos);
    out = out.subspan(to.pos);
    return Done{};
  }
  [[nodiscard]] bool complete() const override { return complete_; }
  void restart() override {
    complete_ = false;
    ::ZSTD_DCtx_reset(stream_.get(), ZSTD_reset_session_only);
  }

private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ::ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{::ZSTD_createDStream()};
  bool complete_ = false;
};

class Gunzip final : public LogDecoder {
public:
  Gunzip() {
    constexpr int gzip_only = 15 + 16;
    if (::inflateInit2(&stream_, gzip_only) != Z_OK) std::abort(); // no memory
  }
  ~Gunzip() override { ::inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  Status decode(std::string_view& in, std::span<char>& out) override {
    if (complete_ && in.empty()) return Done{};
    if (complete_) restart();
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const std::size_t offered = std::min(in.size(), most);
    const std::size_t room = std::min(out.size(), most);
    // zlib does not write to what it reads.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int outcome = ::inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(offered - stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    complete_ = outcome == Z_STREAM_END;
    if (outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR) return Done{};
    return Error{stream_.msg != nullptr ? stream_.msg : ::zError(outcome), EBADMSG};
  }
  [[nodiscard]] bool complete() const override { return complete_; }
  void restart() override {
    complete_ = false;
    ::inflateReset(&stream_);
  }

private:
  z_stream stream_{};
  bool complete_ = false;
};

} // namespace

std::unique_ptr<LogDecoder> make_decoder(wire::Compression packing) {
  switch (packing) {
  case wire::Compression::none: return nullptr;
  case wire::Compression::zstd: return std::make_unique<Unzstd>();
  case wire::Compression::gzip: return std::make_unique<Gunzip>();
  }
  return nullptr;
}

} // namespace holdfast::client
