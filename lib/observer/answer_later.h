#pragma once

#include "observer/probe.h"

#include <boost/asio/io_context.hpp>
#include <memory>

namespace holdfast::observer {

/// Tells an answer that is known when a probe begins: from the loop, and not if it is destroyed before.
class AnswerLater {
public:
  AnswerLater(boost::asio::io_context& loop, Answered answered, Answer answer);
  ~AnswerLater();
  AnswerLater(const AnswerLater&) = delete;
  AnswerLater& operator=(const AnswerLater&) = delete;

private:
  std::shared_ptr<Answered> answered_;
};

} // namespace holdfast::observer
