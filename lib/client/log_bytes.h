#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "client/log_decoder.h"
#include "client/log_files.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::client {

/// The bytes of one file of a log, as they were written: decompressed on the way.
class LogBytes {
public:
  /// Regular files only, and never a wait: a FIFO in a log's place must not hold us up. Errors name the path.
  [[nodiscard]] static Result<LogBytes> open(const std::string& path, wire::Compression packing);

  /// The next bytes into the front of `out`, which is not empty; how many, and 0 where there are no more now.
  /// An error where what is there cannot be read or decompressed: after it there is nothing more to be had.
  [[nodiscard]] Result<std::size_t> read(std::span<char> out);

  /// So that the next bytes are the first.
  [[nodiscard]] Status rewind();

  /// Of the file itself, as it lies on the disk.
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_plain() const { return !decoder_; }
  /// Whether the file has that path.
  [[nodiscard]] bool is_at(const std::string& path) const;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  LogBytes(std::string path, Fd fd, wire::Compression packing)
      : path_(std::move(path)), fd_(std::move(fd)), decoder_(make_decoder(packing)) {}
  [[nodiscard]] Result<std::size_t> decode(std::span<char> out);
  [[nodiscard]] Result<std::size_t> read_file(std::span<char> out);

  std::string path_;
  Fd fd_;
  std::unique_ptr<LogDecoder> decoder_;
  std::string packed_;    ///< room for what is read of a compressed file
  std::string_view left_; ///< of it, not decoded yet
};

} // namespace holdfast::client
